import type { Caller } from '../core/base/access.ts'
import type { Circuit } from '../core/refresh/circuit.ts'
import type { FailureReason, LiveConnection } from '../core/connection/connection.ts'
import type { StoredEvent } from '../core/events/event.ts'
import type { ConnectionId, Instant, KeyId, LinkId, ProviderId } from '../core/base/ids.ts'
import type { Provider } from '../core/connection/provider.ts'
import type {
  AttemptOutcome,
  LandedResult,
  RefreshResult,
  Unfortunate,
} from '../core/refresh/refresh-outcome.ts'
import type { RefreshPolicy } from '../core/refresh/refresh-policy.ts'
import type { Secret } from '../core/base/secret.ts'
import type {
  DeliveryOutcome,
  DisabledReason,
  WebhookEndpoint,
  WebhookId,
} from '../core/events/webhook.ts'
import type { Among, ApiKey, Journal, Store, VaultKeys } from './store.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

/** Wall time for what is written down, monotonic time for what is measured. */
export interface Clock {
  now(): Instant
  /** Milliseconds from an arbitrary point; never steps. */
  monotonic(): number
  /** Resolves early, without an error, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** Cryptographically strong. */
  bytes(length: number): Uint8Array
  /** In [0, 1): jitter only, never a secret. */
  fraction(): number
}

/** Where a sealed value lives: its associated data, so that a moved blob does not open. */
export type Place = {
  readonly table: string
  readonly row: string
  readonly field: string
  readonly generation: number
}

/** Synchronous: the keys are in memory once the vault is open. */
export interface Sealer {
  seal(value: Secret, place: Place): Uint8Array
  /** Throws `SealError`; exactly one key is tried, the one that the blob names. */
  open(blob: Uint8Array, place: Place): Secret
  /** Whether the blob was sealed by the key that seals everything new; never throws. */
  isCurrent(blob: Uint8Array): boolean
  /** A keyed hash for equality search, base64url; the label keeps uses apart and is versioned. */
  fingerprint(label: string, value: string | Secret): string
}

/** The keys of the open vault. A new one is made here, written down by the store, then put to use. */
export interface DataKeys {
  withNewKey(keys: VaultKeys, now: Instant): VaultKeys
  takeUp(keys: VaultKeys): void
}

/** Where events are told beside `GET /v1/events`. */
export interface Webhooks {
  /** In the order of the settings, with the secrets that are in force. */
  readonly endpoints: readonly WebhookEndpoint[]
  /** Never throws for what a receiver does, and follows no redirect. */
  deliver(endpoint: WebhookEndpoint, event: StoredEvent): Promise<DeliveryOutcome>
}

/** One refresh per connection at a time in this process, detached from whoever asked. */
export interface Flights {
  /** Those in the air, and those that a scan has reserved. */
  readonly size: number
  /** Whether the process is ending: what has not left the ground stays there. */
  readonly isLanding: boolean
  has(id: ConnectionId): boolean
  /** Resolves when this one is not in the air. */
  finished(id: ConnectionId): Promise<void>
  isReserved(id: ConnectionId): boolean
  /** Marks one that a scan starts, so that no other scan does: it may be refreshed with its siblings. */
  reserve(id: ConnectionId): void
  /** A scan is done with it. */
  release(id: ConnectionId): void
  /** Joins the flight that is under way, or starts one. */
  join(id: ConnectionId, fly: () => Promise<RefreshResult>): Promise<RefreshResult>
  /**
   * A flight that has landed and is not in the store yet: whoever joins is given `result`, and no new
   * one begins, until `save` ends. It is told when the process is ending.
   */
  park(result: LandedResult, save: (ending: AbortSignal) => Promise<unknown>): void
  parked(id: ConnectionId): LiveConnection | undefined
  /** Resolves when none is in the air; new ones are refused from the call on. */
  land(): Promise<void>
}

/** How much may be asked of a client at a provider at once, and whether anything at all. */
export interface Traffic {
  /** Runs `task` when there is room; what was asked for goes before what is scheduled. */
  admit<T>(task: {
    readonly client: string
    readonly id: ConnectionId
    readonly urgency: Urgency
    readonly among: Among
    readonly run: () => Promise<T>
  }): Promise<T>
  /** Somebody asks for what was only scheduled. */
  hurry(client: string, id: ConnectionId): void
  /** How many scheduled tasks a scan may add now: few after a start, of the troubled a share. Imports
   * take no room from the others. */
  room(client: string, among: Among): number
  circuit(provider: ProviderId, client: string): Circuit
  circuits(): readonly Circuit[]
  /** Remembers; whoever calls it has written it in the transaction of the outcome. */
  turn(circuit: Circuit): void
  /** True for the one caller who may probe an open circuit whose wait is over. */
  claimProbe(client: string): boolean
  releaseProbe(client: string): void
  /** Remembers for a while that a connection of this client was refreshed. */
  noteRefreshed(client: string, connection: LiveConnection): void
  /** Whether another connection of this client was refreshed `since`, at the same place. */
  hasRefreshedOther(
    client: string,
    than: LiveConnection,
    of: { readonly since: Instant; readonly isOwn: boolean },
  ): boolean
  /** After the wall clock was set back: open circuits may be probed, and past refreshes are forgotten. */
  endWaits(): void
}

export type Urgency = 'asked' | 'scheduled'

/** Signs of life of the schedule, for health and readiness. */
export interface Pulse {
  readonly stopping: boolean
  /** How far the ticks are behind their plan, by the monotonic clock. */
  readonly lagMs: number
  /** In the order in which they are planned. */
  readonly jobs: readonly JobPulse[]
}

export type JobPulse = {
  readonly name: string
  /** However it ended; null: not since the start. */
  readonly lastEndedAt: Instant | null
  /** Null: it is not running. */
  readonly runningForMs: number | null
}

/** Who may ask: the keys in memory, so that a read of a token asks no database. */
export interface Callers {
  /** Null for an unknown or revoked key. Digests are compared in constant time. */
  authenticate(bearer: string): Caller | null
  /** Accepts a key that was stored. */
  learn(key: ApiKey): void
  /** Accepts this key no longer. */
  forget(id: KeyId): void
}

export type ConnectWay = 'link' | 'headless' | 'import'

/** Business events, for people and counters: a log line and a metric each (`observe/events.ts`). */
export interface Observer {
  connected(e: { id: ConnectionId; provider: ProviderId; how: ConnectWay }): void
  reconnected(e: { id: ConnectionId; provider: ProviderId }): void
  /** It works and will not last: what to change at the provider or in the settings. */
  connectWarned(e: { id: ConnectionId; provider: ProviderId; code: string; detail: string }): void
  /** `detail`: an error code of the provider's or a sentence of ours, never what it said. */
  connectFailed(e: {
    provider: ProviderId
    how: ConnectWay
    link?: LinkId
    code: string
    detail: string
  }): void
  /** An error of ours on the way back from the provider; the user is told `internal`. */
  connectBroke(e: { provider: ProviderId; link: LinkId; error: unknown }): void
  deleted(e: { id: ConnectionId; provider: ProviderId; by: Caller['keyId'] }): void
  /** Without the user's id, which is the host app's. */
  userDeleted(e: { by: Caller['keyId']; connections: number }): void
  keyCreated(e: { key: KeyId; by: Caller['keyId'] }): void
  keyRevoked(e: { key: KeyId; by: Caller['keyId'] }): void
  refreshed(e: { id: ConnectionId; provider: ProviderId; generation: number }): void
  /** The provider takes credentials that it was shown. */
  confirmed(e: { id: ConnectionId; provider: ProviderId }): void
  refreshFailed(e: {
    id: ConnectionId
    provider: ProviderId
    outcome: Unfortunate['kind']
    detail: string
  }): void
  /** How long the provider took to answer, a replay included; counted only. */
  refreshTook(e: { provider: ProviderId; outcome: AttemptOutcome['kind']; ms: number }): void
  /** The user has to connect again. */
  disconnected(e: {
    id: ConnectionId
    provider: ProviderId
    reason: FailureReason
    detail: string
  }): void
  /** A refresh that nobody waits for ended in an error of ours or the store's. */
  refreshBroke(e: { id: ConnectionId; provider: ProviderId; error: unknown }): void
  /** Neither the database nor the journal takes what came: it is lost where the process ends now. */
  rotationInMemory(e: { id: ConnectionId; provider: ProviderId }): void
  /** What was kept in memory alone is stored after all. */
  rotationSaved(e: { id: ConnectionId; provider: ProviderId }): void
  /** A rotation that came too late: another grant stands in its place. */
  refreshLost(e: { id: ConnectionId; provider: ProviderId }): void
  circuitChanged(e: {
    provider: ProviderId
    /** `own`: that of the connection alone, which the settings know nothing of. */
    client: 'configured' | 'own'
    /** Whose answer it was. */
    id: ConnectionId
    reason: string | null
    open: boolean
  }): void
  /** Its metadata could be had before, or were asked for the first time: nobody can connect. */
  issuerUnreachable(e: { provider: ProviderId; detail: string }): void
  revoked(e: { provider: ProviderId }): void
  /** The grant stands: the provider has no revocation for what was held. */
  revocationUnsupported(e: { provider: ProviderId }): void
  /** It would have ended a grant that a connection holds by now. */
  revocationSkipped(e: { provider: ProviderId }): void
  /** It is told again later. */
  revocationFailed(e: { provider: ProviderId; detail: string }): void
  /** After a week: what it holds of the grant lives on there. */
  revocationGivenUp(e: { provider: ProviderId; detail: string }): void
  /** Another secret of the configured client is the one that the provider accepts. */
  clientSecretSwitched(e: { provider: ProviderId; index: number; count: number }): void
  unreadable(e: { id: string; table: string; field: string }): void
  tokenServed(e: { provider: ProviderId; how: 'cache' | 'refresh' }): void
  webhookAccepted(e: { webhook: WebhookId; event: string }): void
  webhookFailed(e: {
    webhook: WebhookId
    event: string
    outcome: Exclude<DeliveryOutcome['kind'], 'accepted' | 'stopped'>
    detail: string
  }): void
  /** Nothing more is sent to it until somebody enables it. */
  webhookDisabled(e: { webhook: WebhookId; reason: DisabledReason }): void
  webhookEnabled(e: { webhook: WebhookId }): void
  /** Events were swept before this endpoint had accepted them; whether it wanted them is not known. */
  webhookLost(e: { webhook: WebhookId; count: number }): void
  /** Told again on request: events after one, up to another. */
  webhookReplayed(e: { webhook: WebhookId; after: number; until: number }): void
}

export type Policy = RefreshPolicy & {
  /** Exact origins and whole path segments that links may send users back to. */
  readonly redirectUrls: readonly string[]
  readonly confirm: 'page' | 'app'
  readonly publicUrl: string
  /** Refreshes of one client at one provider that may be in the air at once, and begin per second. */
  readonly concurrencyPerProvider: number
  readonly ratePerSecond: number
}

/** What the use cases are handed; each names the few it needs with `Pick`. */
export type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly sealer: Sealer
  readonly dataKeys: DataKeys
  readonly endpoint: TokenEndpoint
  readonly providers: ReadonlyMap<ProviderId, Provider>
  readonly observer: Observer
  readonly callers: Callers
  readonly flights: Flights
  readonly journal: Journal
  readonly traffic: Traffic
  readonly pulse: Pulse
  readonly policy: Policy
  readonly webhooks: Webhooks
}
