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

/** Wall time for stored times, monotonic time for durations. */
export interface Clock {
  now(): Instant
  /** Milliseconds from an arbitrary point. Never steps. */
  monotonic(): number
  /** Resolves early, without an error, if `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** Cryptographically strong. */
  bytes(length: number): Uint8Array
  /** In [0, 1). For jitter only, never for a secret. */
  fraction(): number
}

/** The place of a sealed value. Part of its associated data, so that a moved blob does not open. */
export type Place = {
  readonly table: string
  readonly row: string
  readonly field: string
  readonly generation: number
}

/** Synchronous: the keys are in memory once the vault is open. */
export interface Sealer {
  seal(value: Secret, place: Place): Uint8Array
  /** Throws `SealError`. Tries only the key that the blob names. */
  open(blob: Uint8Array, place: Place): Secret
  /** Whether the current key sealed the blob. Never throws. */
  isCurrent(blob: Uint8Array): boolean
  /** Returns a keyed hash for equality search, base64url. The label separates uses and has a version. */
  fingerprint(label: string, value: string | Secret): string
}

/** The keys of the open vault. A new key is made here, then stored, then used. */
export interface DataKeys {
  withNewKey(keys: VaultKeys, now: Instant): VaultKeys
  takeUp(keys: VaultKeys): void
}

/** The webhook receivers. */
export interface Webhooks {
  /** In the order of the settings, with the current secrets. */
  readonly endpoints: readonly WebhookEndpoint[]
  /** Never throws because of a receiver, and follows no redirect. */
  deliver(endpoint: WebhookEndpoint, event: StoredEvent): Promise<DeliveryOutcome>
}

/**
 * The running refreshes of this process, at most one for each connection. A caller that leaves cancels
 * none.
 */
export interface Flights {
  /** Running refreshes and reserved connections. */
  readonly size: number
  /** Whether the process is stopping: no new refresh begins. */
  readonly isLanding: boolean
  has(id: ConnectionId): boolean
  /** Resolves when no refresh of this connection runs. */
  finished(id: ConnectionId): Promise<void>
  isReserved(id: ConnectionId): boolean
  /** Reserves a connection for one scan. It may be refreshed together with its siblings. */
  reserve(id: ConnectionId): void
  /** Ends the reservation. */
  release(id: ConnectionId): void
  /** Joins the running refresh, or starts one. */
  join(id: ConnectionId, fly: () => Promise<RefreshResult>): Promise<RefreshResult>
  /**
   * A finished refresh that is not stored yet. Until `save` ends, callers get `result`, and no new
   * refresh begins. `ending` aborts when the process stops.
   */
  park(result: LandedResult, save: (ending: AbortSignal) => Promise<unknown>): void
  parked(id: ConnectionId): LiveConnection | undefined
  /** Refuses new refreshes, and resolves when none runs. */
  land(): Promise<void>
}

/** Limits and circuits of each client at each provider. */
export interface Traffic {
  /** Runs a task when there is room. Tasks that a caller waits for go first. */
  admit<T>(task: {
    readonly client: string
    readonly id: ConnectionId
    readonly urgency: Urgency
    readonly among: Among
    readonly run: () => Promise<T>
  }): Promise<T>
  /** Moves a scheduled task to the front, because a caller waits for it now. */
  hurry(client: string, id: ConnectionId): void
  /**
   * Returns how many scheduled tasks a scan may add now: few after a start, and a share for troubled
   * connections. Imports take no room from others.
   */
  room(client: string, among: Among): number
  circuit(provider: ProviderId, client: string): Circuit
  circuits(): readonly Circuit[]
  /** Sets a circuit in memory. The caller stores it in the transaction of the outcome. */
  turn(circuit: Circuit): void
  /** Returns true to the one caller that may probe an open circuit. */
  claimProbe(client: string): boolean
  releaseProbe(client: string): void
  /** Records that a connection of this client was refreshed. */
  noteRefreshed(client: string, connection: LiveConnection): void
  /** Whether another connection of this client with the same parameters was refreshed since then. */
  hasRefreshedOther(
    client: string,
    than: LiveConnection,
    of: { readonly since: Instant; readonly isOwn: boolean },
  ): boolean
  /** After the wall clock was set back: open circuits may be probed, and past refreshes are forgotten. */
  endWaits(): void
}

export type Urgency = 'asked' | 'scheduled'

/** The state of the schedule, for health and readiness. */
export interface Pulse {
  readonly stopping: boolean
  /** How late the last tick is, by the monotonic clock. */
  readonly lagMs: number
  /** In the order of the schedule. */
  readonly jobs: readonly JobPulse[]
}

export type JobPulse = {
  readonly name: string
  /** The end of its last run, failed or not. Null: none since the start. */
  readonly lastEndedAt: Instant | null
  /** Null if it is not running. */
  readonly runningForMs: number | null
}

/** The API keys, in memory, so that a token read needs no database. */
export interface Callers {
  /** Returns null for an unknown or revoked key. Compares digests in constant time. */
  authenticate(bearer: string): Caller | null
  /** Accepts a stored key from now on. */
  learn(key: ApiKey): void
  /** Rejects this key from now on. */
  forget(id: KeyId): void
}

export type ConnectWay = 'link' | 'headless' | 'import'

/** Business events. `observe/events.ts` makes a log line and a metric of each. */
export interface Observer {
  connected(e: { id: ConnectionId; provider: ProviderId; how: ConnectWay }): void
  reconnected(e: { id: ConnectionId; provider: ProviderId }): void
  /** The connection works but will not last. `detail` says what to change. */
  connectWarned(e: { id: ConnectionId; provider: ProviderId; code: string; detail: string }): void
  /** `detail`: an error code of the provider, or a sentence of Larder. Never text of the provider. */
  connectFailed(e: {
    provider: ProviderId
    how: ConnectWay
    link?: LinkId
    code: string
    detail: string
  }): void
  /** A fault of Larder after the user returned. The user sees `internal`. */
  connectBroke(e: { provider: ProviderId; link: LinkId; error: unknown }): void
  deleted(e: { id: ConnectionId; provider: ProviderId; by: Caller['keyId'] }): void
  /** Has no user id, because the app owns it. */
  userDeleted(e: { by: Caller['keyId']; connections: number }): void
  keyCreated(e: { key: KeyId; by: Caller['keyId'] }): void
  keyRevoked(e: { key: KeyId; by: Caller['keyId'] }): void
  refreshed(e: { id: ConnectionId; provider: ProviderId; generation: number }): void
  /** The provider accepted the credentials. */
  confirmed(e: { id: ConnectionId; provider: ProviderId }): void
  refreshFailed(e: {
    id: ConnectionId
    provider: ProviderId
    outcome: Unfortunate['kind']
    detail: string
  }): void
  /** The time that the provider took, replay included. Counted, not logged. */
  refreshTook(e: { provider: ProviderId; outcome: AttemptOutcome['kind']; ms: number }): void
  /** The user must reconnect. */
  disconnected(e: {
    id: ConnectionId
    provider: ProviderId
    reason: FailureReason
    detail: string
  }): void
  /** An error of Larder or the store ended a refresh that no caller waits for. */
  refreshBroke(e: { id: ConnectionId; provider: ProviderId; error: unknown }): void
  /** Neither database nor journal accepts the rotation: if the process ends now, it is lost. */
  rotationInMemory(e: { id: ConnectionId; provider: ProviderId }): void
  /** The rotation from memory is stored now. */
  rotationSaved(e: { id: ConnectionId; provider: ProviderId }): void
  /** The rotation came too late: the connection has another grant. */
  refreshLost(e: { id: ConnectionId; provider: ProviderId }): void
  circuitChanged(e: {
    provider: ProviderId
    /** `own`: the own client of one connection. */
    client: 'configured' | 'own'
    /** The connection whose refresh got the answer. */
    id: ConnectionId
    reason: string | null
    open: boolean
  }): void
  /**
   * The metadata of the issuer cannot be fetched, so users cannot connect. Called once until it
   * succeeds.
   */
  issuerUnreachable(e: { provider: ProviderId; detail: string }): void
  revoked(e: { provider: ProviderId }): void
  /** The provider has no revocation for these tokens, so the grant stands. */
  revocationUnsupported(e: { provider: ProviderId }): void
  /** The revocation would end a grant that a connection uses. */
  revocationSkipped(e: { provider: ProviderId }): void
  /** The revocation is retried. */
  revocationFailed(e: { provider: ProviderId; detail: string }): void
  /** The revocation failed for a week; the grant stands at the provider. */
  revocationGivenUp(e: { provider: ProviderId; detail: string }): void
  /** The provider accepts another secret of the configured client. */
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
  /** No event is sent until an operator enables the webhook. */
  webhookDisabled(e: { webhook: WebhookId; reason: DisabledReason }): void
  webhookEnabled(e: { webhook: WebhookId }): void
  /** Events were deleted before the receiver accepted them. It may not have wanted them. */
  webhookLost(e: { webhook: WebhookId; count: number }): void
  /** An operator asked to send the events after one, up to another, again. */
  webhookReplayed(e: { webhook: WebhookId; after: number; until: number }): void
}

export type Policy = RefreshPolicy & {
  /** Exact origins and whole path segments to which a link may send users. */
  readonly redirectUrls: readonly string[]
  readonly confirm: 'page' | 'app'
  readonly publicUrl: string
  /** Refreshes of one client at one provider that may run at the same time. */
  readonly concurrencyPerProvider: number
  readonly ratePerSecond: number
}

/** All ports. A use case names those it needs with `Pick`. */
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
