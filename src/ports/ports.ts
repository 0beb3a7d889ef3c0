import type { Caller } from '../core/base/access.ts'
import type { Circuit } from '../core/refresh/circuit.ts'
import type { Connection, LiveConnection } from '../core/connection/connection.ts'
import type { StoredEvent } from '../core/events/event.ts'
import type { ConnectionId, Instant, KeyId, ProviderId } from '../core/base/ids.ts'
import type { Provider } from '../core/connection/provider.ts'
import type { LandedResult, RefreshResult } from '../core/refresh/refresh-outcome.ts'
import type { RefreshPolicy } from '../core/refresh/refresh-policy.ts'
import type { Secret } from '../core/base/secret.ts'
import type { DeliveryOutcome, WebhookEndpoint } from '../core/events/webhook.ts'
import type { Among, ApiKey, Store, VaultKeys } from './store.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import type { Observer } from './observer.ts'
import type { Journal } from './journal.ts'

/** Use wall time for stored times and monotonic time for durations. */
export interface Clock {
  now(): Instant
  /**
   * Milliseconds since an arbitrary point. A change of the wall clock does not affect this clock.
   */
  monotonic(): number
  /** Resolves early, without an error, if `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** Returns cryptographically strong random bytes. */
  bytes(length: number): Uint8Array
  /** Returns a number in [0, 1). Use the number only for jitter, never for a secret. */
  fraction(): number
}

/**
 * Where a sealed value is stored. The place is part of the associated data, so a blob that is moved
 * to another place does not open.
 */
export type Place = {
  readonly table: string
  readonly row: string
  readonly field: string
  readonly generation: number
}

/** Synchronous, because the keys of an open vault are in memory. */
export interface Sealer {
  seal(value: Secret, place: Place): Uint8Array
  /** Throws `SealError` if the blob does not open. Tries only the key whose id is in the blob. */
  open(blob: Uint8Array, place: Place): Secret
  /** Whether the current key sealed the blob. Never throws. */
  isCurrent(blob: Uint8Array): boolean
  /**
   * Returns a keyed hash for equality search, in base64url. The label states the use and its
   * version.
   */
  fingerprint(label: string, value: string | Secret): string
}

/** The keys of the open vault. A new key must be stored before it seals a value. */
export interface DataKeys {
  withNewKey(keys: VaultKeys, now: Instant): VaultKeys
  takeUp(keys: VaultKeys): void
}

/** The webhook receivers. */
export interface Webhooks {
  /** The receivers, in the order of the settings, with their current secrets. */
  readonly endpoints: readonly WebhookEndpoint[]
  /** Never throws because of a receiver. Does not follow redirects. */
  deliver(endpoint: WebhookEndpoint, event: StoredEvent): Promise<DeliveryOutcome>
}

/**
 * The running refreshes of this process, at most one per connection. When a caller disconnects, the
 * refresh continues.
 */
export interface Flights {
  /** The number of running refreshes and reserved connections. */
  readonly size: number
  /** Aborts when the process stops, so that no new refresh begins. */
  readonly landing: AbortSignal
  has(id: ConnectionId): boolean
  /** Resolves when no refresh of this connection runs. */
  finished(id: ConnectionId): Promise<void>
  isReserved(id: ConnectionId): boolean
  /** Reserves a connection for one scan. The scan may refresh the connection with its siblings. */
  reserve(id: ConnectionId): void
  /** Ends the reservation. */
  release(id: ConnectionId): void
  /** Joins the running refresh, or starts one. */
  join(id: ConnectionId, fly: () => Promise<RefreshResult>): Promise<RefreshResult>
  /**
   * Holds a finished refresh that is not stored yet. Until `save` ends, callers get `result` and no
   * new refresh begins. `ending` aborts when the process stops.
   */
  park(result: LandedResult, save: (ending: AbortSignal) => Promise<unknown>): void
  parked(id: ConnectionId): LiveConnection | undefined
  /** Refuses new refreshes. Resolves when no refresh runs. */
  land(): Promise<void>
}

/** Limits and circuits of each client at each provider. */
export interface Traffic {
  /** Runs a task when a slot is free. Tasks that a caller waits for run first. */
  admit<T>(task: {
    readonly client: string
    readonly id: ConnectionId
    readonly urgency: Urgency
    readonly among: Among
    readonly run: () => Promise<T>
  }): Promise<T>
  /** Moves a scheduled task to the front, because a caller now waits for it. */
  hurry(client: string, id: ConnectionId): void
  /**
   * Returns how many scheduled tasks a scan may add now. The number is small just after a start.
   * Troubled connections get only a part of the slots. Imports take no slots from other
   * connections.
   */
  room(client: string, among: Among): number
  /** Counts a scheduled task that a scan starts. It enters the lane within a second. */
  noteStarted(client: string, among: Among): void
  circuit(provider: ProviderId, client: string): Circuit
  circuits(): readonly Circuit[]
  /**
   * Sets a circuit in memory. The caller stores the circuit in the same transaction as the outcome.
   */
  turn(circuit: Circuit): void
  /** Returns true for exactly one caller, which may then probe an open circuit. */
  claimProbe(client: string): boolean
  releaseProbe(client: string): void
  /** Records that a connection of this client was refreshed. */
  noteRefreshed(client: string, connection: LiveConnection): void
  /**
   * Whether another connection of this client with the same parameters was refreshed since
   * `of.since`.
   */
  hasRefreshedOther(
    client: string,
    than: LiveConnection,
    of: { readonly since: Instant; readonly isOwn: boolean },
  ): boolean
  /**
   * Call after the wall clock was set back. Open circuits may then be probed, and past refreshes
   * are forgotten.
   */
  endWaits(): void
}

export type Urgency = 'asked' | 'scheduled'

/** The state of the schedule, for health and readiness. */
export interface Pulse {
  readonly stopping: boolean
  /** How late the last tick of the schedule is, measured with the monotonic clock. */
  readonly lagMs: number
  /** In the order of the schedule. */
  readonly jobs: readonly JobPulse[]
}

export type JobPulse = {
  readonly name: string
  /** When the last run ended, failed or not. Null if no run ended since the start. */
  readonly lastEndedAt: Instant | null
  /** Null if the job is not running. */
  readonly runningForMs: number | null
}

/** The reads that are not stored yet. Notes nothing if every connection is kept fresh. */
export interface LastReads {
  note(connection: Pick<Connection, 'id' | 'lastReadAt'>): void
  /** Whether a read was noted since the last `take`. */
  has(id: ConnectionId): boolean
  /** Every connection counts as read at this time. */
  readonly countsFrom: Instant
  /** Returns and forgets the noted connections. */
  take(): readonly ConnectionId[]
}

/** The API keys, in memory, so that a token request needs no database access. */
export interface Callers {
  /** Returns null for an unknown or revoked key. Compares digests in constant time. */
  authenticate(bearer: string): Caller | null
  /** Accepts a stored key from now on. */
  learn(key: ApiKey): void
  /** Rejects this key from now on. */
  forget(id: KeyId): void
}

export type Policy = RefreshPolicy & {
  /** A link may redirect users only to these exact origins and below these paths. */
  readonly redirectUrls: readonly string[]
  readonly confirm: 'page' | 'app'
  readonly publicUrl: string
  /** How many refreshes of one client at one provider may run at the same time. */
  readonly concurrencyPerProvider: number
  readonly ratePerSecond: number
}

/** All ports. A use case selects the ports that it needs with `Pick`. */
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
  readonly lastReads: LastReads
  readonly journal: Journal
  readonly traffic: Traffic
  readonly pulse: Pulse
  readonly policy: Policy
  readonly webhooks: Webhooks
}
