import type { Caller, Permission } from '../core/base/access.ts'
import type { ConnectLink, EndedFlow, Flow, FlowEnd, WaitingGrant } from '../core/connect/flow.ts'
import type { Circuit } from '../core/refresh/circuit.ts'
import type { Connection, LiveConnection } from '../core/connection/connection.ts'
import type { StoredEvent, VaultEvent } from '../core/events/event.ts'
import type {
  AttemptId,
  ConnectionId,
  GrantId,
  Instant,
  KeyId,
  LinkId,
  ProviderId,
  UserId,
} from '../core/base/ids.ts'
import type { Revocation } from '../core/connection/revocation.ts'
import type { ReceivedTokens } from '../core/refresh/refresh-outcome.ts'
import type { Secret } from '../core/base/secret.ts'
import type { EventFilter, EventPage, WebhookReads, WebhookWrites } from './webhook-store.ts'

export type WriteResult = { readonly won: boolean }

/** The queries. Filters are plain data. */
export interface Reads extends WebhookReads {
  /** Also finds drafts: a refresh treats them like any other connection. */
  connection(id: ConnectionId): Promise<Connection | null>
  /** Without drafts. */
  connectionsOf(userId: UserId, provider: ProviderId | null): Promise<readonly Connection[]>
  /** The drafts of this user. */
  draftsOf(userId: UserId): Promise<readonly Connection[]>
  /** Drafts with a live access token or a successful refresh, oldest first. */
  provenDrafts(limit: number): Promise<readonly LiveConnection[]>
  /** Without drafts, ordered by id: as many as fit into the bytes of a page, and at least one. */
  listConnections(filter: ConnectionFilter): Promise<readonly Connection[]>
  /** Due connections of one provider, soonest first. */
  dueConnections(
    provider: ProviderId,
    now: Instant,
    wanted: { readonly among: Among; readonly whose?: Whose; readonly limit: number },
  ): Promise<readonly ConnectionId[]>
  /** Open attempts that were sent at `since` or later, newest first. */
  openAttempts(since: Instant, limit: number): Promise<readonly LiveConnection[]>
  /** The connection or draft with this attempt. */
  connectionOfAttempt(attempt: AttemptId): Promise<Connection | null>
  /** The connections of every user with this account at this provider, without drafts. */
  connectionsOfAccount(provider: ProviderId, accountId: string): Promise<readonly Connection[]>
  /**
   * Connections and drafts at these providers with this account or an unknown one, ordered by id.
   * `account: null` finds those of every account.
   */
  perhapsOfAccount(filter: {
    readonly providers: readonly ProviderId[]
    readonly account: { readonly id: string | null } | null
    readonly after: ConnectionId | null
    readonly limit: number
  }): Promise<readonly Connection[]>
  /** The connection that has, or once had, this refresh token. */
  holderOfRefreshToken(
    provider: ProviderId,
    refreshToken: Secret,
  ): Promise<{ readonly connectionId: ConnectionId } | null>
  link(id: LinkId): Promise<ConnectLink | null>
  linkBySecretHash(secretHash: string): Promise<ConnectLink | null>
  /** The stored end of the flow with this state and browser. */
  flowEnd(stateHash: string, browserHash: string, now: Instant): Promise<EndedFlow | null>
  waitingGrant(link: LinkId): Promise<WaitingGrant | null>
  waitingGrantOf(connection: ConnectionId): Promise<WaitingGrant | null>
  overdueConfirmations(now: Instant, limit: number): Promise<readonly ConnectLink[]>
  events(filter: EventFilter): Promise<readonly StoredEvent[]>
  /**
   * The next events, and the last sequence that was read. A page reads a bounded number of rows and
   * bytes.
   */
  eventPage(filter: EventFilter): Promise<EventPage>
  /** By id, with revoked keys. `next`: the id after which the next page begins; null on the last page. */
  apiKeys(page: {
    readonly after: KeyId | null
    readonly limit: number
  }): Promise<{ readonly keys: readonly ApiKey[]; readonly next: KeyId | null }>
  liveApiKeys(): Promise<readonly ApiKey[]>
  circuits(): Promise<readonly Circuit[]>
  dueRevocations(now: Instant, limit: number): Promise<readonly Revocation[]>
  /** All connections and drafts by id. */
  connectionIds(after: ConnectionId | null, limit: number): Promise<readonly ConnectionId[]>
  vaultKeys(): Promise<VaultKeys>
  /** Connections whose `connection.expiring` is due. */
  endingGrants(now: Instant, limit: number): Promise<readonly ConnectionId[]>
  /** For health and metrics. Reads indexes only. */
  census(now: Instant): Promise<Census>
}

export type ConnectionFilter = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Connection['status'] | null
  readonly expiringBefore: Instant | null
  /** Only ids after this one. */
  readonly after: ConnectionId | null
  readonly limit: number
  /** What the caller reaches. Part of the query, so that pages are full. */
  readonly reach: Pick<Caller, 'providers' | 'userIdPrefix'>
}

export type Census = {
  readonly byStatus: readonly {
    readonly provider: ProviderId
    readonly status: Connection['status']
    readonly count: number
  }[]
  /** Imports that wait for their first refresh, by provider. */
  readonly unproven: readonly { readonly provider: ProviderId; readonly count: number }[]
  /** The oldest due time of each provider, configured or not. Unproven imports do not count. */
  readonly oldestDue: readonly { readonly provider: ProviderId; readonly dueAt: Instant }[]
  readonly revocationsQueued: number
}

/** One transaction. No network call may be awaited in it. */
export interface Writes extends Reads, WebhookWrites {
  insertConnection(connection: Connection): Promise<void>
  /**
   * Writes the columns that differ if the row still has the grant id and generation of `before`, so
   * that a late answer never overwrites a newer grant. Throws `LostWriteError` if it has not.
   */
  saveConnection(before: Connection, after: Connection): Promise<void>
  /** The same for a caller that handles losing. */
  trySaveConnection(before: Connection, after: Connection): Promise<WriteResult>
  removeConnection(id: ConnectionId): Promise<void>
  /**
   * Writes lease and intent together. Wins only if no other attempt holds the lease and the grant is
   * still that of `connection`. From then on the refresh token may be spent.
   */
  beginAttempt(connection: LiveConnection, lease: Lease, now: Instant): Promise<WriteResult>
  /** A token that another connection holds stays with it. Forgets the oldest token of the same origin. */
  rememberRefreshToken(
    connection: Connection,
    refreshToken: Secret,
    origin: TokenOrigin,
  ): Promise<void>
  /**
   * Removes or sorts some of the refresh tokens that an earlier version remembered without a limit: of
   * one connection, or of all. Returns the number of rows; 0 if none is left.
   */
  trimRefreshTokens(of: ConnectionId | null): Promise<number>
  /** The refresh tokens that a draft had become those of the connection that it replaces. */
  moveRefreshTokens(from: ConnectionId, to: ConnectionId): Promise<void>
  insertLink(link: ConnectLink, newerThan: ConnectionId | null): Promise<void>
  /** Throws `LostWriteError` if the link is no longer in the status of `before`. */
  saveLink(before: ConnectLink, after: ConnectLink): Promise<void>
  /** The same for a caller that handles losing. */
  trySaveLink(before: ConnectLink, after: ConnectLink): Promise<WriteResult>
  /** Counts a try to enter credentials for a pending link. Returns how many are left; null if none was. */
  countTry(id: LinkId, atMost: number): Promise<number | null>
  /** Withdraws this user's pending links whose providers are all among `providers`; null means any. */
  withdrawLinksOf(userId: UserId, providers: readonly ProviderId[] | null): Promise<void>
  insertFlow(flow: Flow): Promise<void>
  /** Finds and removes a flow in one step, because a state is good for one callback. */
  takeFlow(stateHash: string, browserHash: string | null, now: Instant): Promise<Flow | null>
  /** Stores the end of a flow that was taken, until this time. */
  keepFlowEnd(flow: Flow, end: FlowEnd, until: Instant): Promise<void>
  insertWaitingGrant(waiting: WaitingGrant): Promise<void>
  removeWaitingGrant(link: LinkId): Promise<void>
  appendEvent(event: VaultEvent, now: Instant): Promise<void>
  enqueueRevocation(revocation: Revocation): Promise<void>
  rescheduleRevocation(revocation: Revocation): Promise<void>
  removeRevocation(id: string): Promise<void>
  insertApiKey(key: ApiKey): Promise<void>
  revokeApiKey(id: KeyId, now: Instant): Promise<WriteResult>
  saveCircuit(circuit: Circuit): Promise<void>
  /**
   * After the clock was set back: moves the future times of revocations, circuits, webhooks, data keys
   * and leases, and the heartbeat, to `now`.
   */
  endWaits(now: Instant): Promise<void>
  /** Adds, retires and removes keys, so that these remain. */
  saveVaultKeys(keys: VaultKeys): Promise<void>
  /** Continues from `position`; null begins. */
  reSeal(position: ReSealPosition | null, limit: number): Promise<ReSealed>
  /** Deletes old flows, links, hashes, events and the like. Returns the number of rows. */
  sweep(now: Instant): Promise<number>
}

export type Lease = {
  readonly attempt: AttemptId
  /** From then on the refresh token may be spent: see `unknownSince`. */
  readonly since: Instant
  readonly until: Instant
  /** When the schedule retries if this process dies now. */
  readonly dueAt: Instant
}

/** Throws `StoreError` if the database fails. */
export interface Store extends Reads {
  /**
   * `work` runs again from its start if the database was locked or a fenced write lost, so it may have
   * no effect outside `trx`. It must ask `trx` and not the store: the store throws then.
   */
  write<T>(work: (trx: Writes) => Promise<T>): Promise<T>
  /** Proves that the database accepts a write and is not known to be damaged. Throws `StoreError`. */
  probe(): Promise<void>
  /** Empties the write-ahead log, because deleted values would stay readable there. */
  emptyLog(): Promise<void>
  /** The same for callers of the API: at most one probe a second, because it is a synced write. */
  sharedProbe(): Promise<void>
  /** The size of the write-ahead log. It grows while another process reads for long. */
  logBytes(): number
  [Symbol.asyncDispose](): Promise<void>
}

/** `arrived`: from a consent or an import. `received`: from a refresh, so it has never left the vault. */
export type TokenOrigin = 'arrived' | 'received'

/** A received rotation that is not in the database yet. */
export type JournalEntry = {
  readonly attempt: AttemptId
  readonly connectionId: ConnectionId
  readonly grantId: GrantId
  /** The generation of the refresh token that was sent. */
  readonly generation: number
  readonly sentAt: Instant
  readonly tokens: ReceivedTokens
}

/**
 * Stable storage for rotations that needs no free disk. Synchronous, so that nothing happens in between.
 */
export interface Journal {
  /** Returns true if the entry survives a crash of the process, though not of the machine. */
  note(entry: JournalEntry): boolean
  /** Returns true if the entry is on stable storage. */
  keep(entry: JournalEntry): boolean
  readonly entries: readonly JournalEntry[]
  drop(entry: Pick<JournalEntry, 'attempt'>): void
}

/** The position of a pass over all sealed columns. */
export type ReSealPosition = { readonly table: number; readonly after: string | number | null }

/** `next` is null at the end of the pass. */
export type ReSealed = { readonly resealed: number; readonly next: ReSealPosition | null }

/** A stored key. A `data` key seals fields; the `index` key makes fingerprints. */
export type WrappedKey = {
  /** Made from the key, so that it names only this key. */
  readonly id: string
  readonly purpose: 'data' | 'index'
  readonly wrapped: Uint8Array
  readonly createdAt: Instant
  /** From then on the key only opens. */
  readonly retiredAt: Instant | null
}

/** The stored keys of a vault. Useless without the master key. */
export type VaultKeys = {
  readonly vaultId: string
  /** Detects a wrong master key before anything is written. */
  readonly check: Uint8Array
  readonly keys: readonly WrappedKey[]
}

export type ApiKey = {
  readonly id: KeyId
  readonly name: string
  /** SHA-256 of the key, base64url. */
  readonly hash: string
  readonly permissions: readonly Permission[]
  readonly providers: readonly ProviderId[] | null
  readonly userIdPrefix: string | null
  readonly createdAt: Instant
  readonly revokedAt: Instant | null
}

/**
 * The classes of the schedule. `unproven`: imports that wait for their first refresh. `troubled`: the
 * last refresh failed; these may not delay the others.
 */
export type Among = 'healthy' | 'unproven' | 'troubled'
/** `own`: with an own OAuth client that has a secret. Without a secret it counts as `configured`. */
export type Whose = 'any' | 'configured' | 'own'
