import type { FileCheck, FileCheckResult } from './file-check.ts'
import type { Caller, Permission } from '../core/base/access.ts'
import type { ConnectLink, EndedFlow, Flow, FlowEnd, WaitingGrant } from '../core/connect/flow.ts'
import type { Circuit } from '../core/refresh/circuit.ts'
import type { Connection, LiveConnection } from '../core/connection/connection.ts'
import type { StoredEvent, VaultEvent } from '../core/events/event.ts'
import type {
  AttemptId,
  ConnectionId,
  Instant,
  KeyId,
  LinkId,
  ProviderId,
  UserId,
} from '../core/base/ids.ts'
import type { Revocation } from '../core/connection/revocation.ts'
import type { Secret } from '../core/base/secret.ts'
import type { EventFilter, EventPage, WebhookReads, WebhookWrites } from './webhook-store.ts'

export type WriteResult = { readonly won: boolean }

/** The queries. Filters are plain data. */
export interface Reads extends WebhookReads {
  /** Also finds drafts, because a refresh treats drafts like any other connection. */
  connection(id: ConnectionId): Promise<Connection | null>
  /** Excludes drafts. */
  connectionsOf(userId: UserId, provider: ProviderId | null): Promise<readonly Connection[]>
  /** The drafts of this user. */
  draftsOf(userId: UserId): Promise<readonly Connection[]>
  /** Returns drafts with a valid access token or a successful refresh, oldest first. */
  provenDrafts(limit: number): Promise<readonly LiveConnection[]>
  /**
   * Returns connections ordered by id, without drafts. Returns as many as fit into a page, and at
   * least one if any matches.
   */
  listConnections(filter: ConnectionFilter): Promise<readonly Connection[]>
  /** Returns due connections of one provider, ordered by due time. */
  dueConnections(
    provider: ProviderId,
    now: Instant,
    wanted: { readonly among: Among; readonly whose?: Whose; readonly limit: number },
  ): Promise<readonly ConnectionId[]>
  /** Returns the connection or draft that has this attempt. */
  connectionOfAttempt(attempt: AttemptId): Promise<Connection | null>
  /** Returns the connections of all users with this account at this provider, without drafts. */
  connectionsOfAccount(provider: ProviderId, accountId: string): Promise<readonly Connection[]>
  /**
   * Returns connections and drafts at these providers whose account is this one or unknown, ordered
   * by id. `account: null` matches every account.
   */
  perhapsOfAccount(filter: {
    readonly providers: readonly ProviderId[]
    readonly account: { readonly id: string | null } | null
    readonly after: ConnectionId | null
    readonly limit: number
  }): Promise<readonly Connection[]>
  /** Returns the connection that has, or once had, this refresh token. */
  holderOfRefreshToken(
    provider: ProviderId,
    refreshToken: Secret,
  ): Promise<{ readonly connectionId: ConnectionId } | null>
  link(id: LinkId): Promise<ConnectLink | null>
  linkBySecretHash(secretHash: string): Promise<ConnectLink | null>
  /** Returns how the flow with this state and browser ended. Null if no end is stored. */
  flowEnd(stateHash: string, browserHash: string, now: Instant): Promise<EndedFlow | null>
  waitingGrant(link: LinkId): Promise<WaitingGrant | null>
  waitingGrantOf(connection: ConnectionId): Promise<WaitingGrant | null>
  overdueConfirmations(now: Instant, limit: number): Promise<readonly ConnectLink[]>
  events(filter: EventFilter): Promise<readonly StoredEvent[]>
  /**
   * Returns the next events and the last sequence that was read. A page reads a limited number of
   * rows and bytes.
   */
  eventPage(filter: EventFilter): Promise<EventPage>
  /**
   * Returns keys ordered by id, including revoked keys. `next` is the `after` of the next page;
   * null on the last page.
   */
  apiKeys(page: {
    readonly after: KeyId | null
    readonly limit: number
  }): Promise<{ readonly keys: readonly ApiKey[]; readonly next: KeyId | null }>
  liveApiKeys(): Promise<readonly ApiKey[]>
  circuits(): Promise<readonly Circuit[]>
  /** The ids of all connections and drafts, in order. */
  connectionIds(after: ConnectionId | null, limit: number): Promise<readonly ConnectionId[]>
  vaultKeys(): Promise<VaultKeys>
  /** Connections whose `connection.expiring` event is due. */
  endingGrants(now: Instant, limit: number): Promise<readonly ConnectionId[]>
  /** The providers that any connection or draft belongs to. */
  providersInUse(): Promise<readonly ProviderId[]>
  /** For health and metrics. Reads indexes only. */
  census(now: Instant): Promise<Census>
}

export type ConnectionFilter = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Connection['status'] | null
  readonly expiringBefore: Instant | null
  /** Returns only connections with an id after this one. */
  readonly after: ConnectionId | null
  readonly limit: number
  /**
   * The providers and users that the caller may access. The query applies these limits, so that
   * pages are full.
   */
  readonly reach: Pick<Caller, 'providers' | 'userIdPrefix'>
}

export type Census = {
  readonly byStatus: readonly {
    readonly provider: ProviderId
    readonly status: Connection['status']
    readonly count: number
  }[]
  /** Imported connections that wait for their first refresh, by provider. */
  readonly unproven: readonly { readonly provider: ProviderId; readonly count: number }[]
  /** The oldest due time of each provider, configured or not. Ignores unproven imports. */
  readonly oldestDue: readonly { readonly provider: ProviderId; readonly dueAt: Instant }[]
  readonly revocationsQueued: number
}

/** One transaction. Do not await a network call inside a transaction. */
export interface Writes extends Reads, WebhookWrites {
  insertConnection(connection: Connection): Promise<void>
  /**
   * Writes the columns that differ. Throws `LostWriteError` if the row no longer has the grant id
   * and generation of `before`, so that a late response never overwrites a newer grant.
   */
  saveConnection(before: Connection, after: Connection): Promise<void>
  /** Like `saveConnection`, but returns `won: false` instead of throwing. */
  trySaveConnection(before: Connection, after: Connection): Promise<WriteResult>
  removeConnection(id: ConnectionId): Promise<void>
  /** Stores `at` as the time of the last read of these connections. */
  recordReads(ids: readonly ConnectionId[], at: Instant): Promise<void>
  /**
   * Writes the lease and the intent together. Loses if another attempt holds the lease, or if the
   * grant is no longer that of `connection`. After this call the refresh token may be spent.
   */
  beginAttempt(connection: LiveConnection, lease: Lease, now: Instant): Promise<WriteResult>
  /**
   * Stores the hash of a token and deletes the oldest hashes of the same origin above the limit. If
   * the hash is already stored, nothing changes.
   */
  rememberRefreshToken(
    connection: Connection,
    refreshToken: Secret,
    origin: TokenOrigin,
  ): Promise<void>
  /**
   * Handles refresh token hashes from an earlier version, which had no limit and no origin: deletes
   * excess hashes, or sets the origin. `of` is one connection; null selects the next connection
   * with such hashes. Returns the number of changed rows; 0 if none is left.
   */
  trimRefreshTokens(of: ConnectionId | null): Promise<number>
  /** Moves the refresh token hashes of a draft to the connection that the draft replaces. */
  moveRefreshTokens(from: ConnectionId, to: ConnectionId): Promise<void>
  insertLink(link: ConnectLink, newerThan: ConnectionId | null): Promise<void>
  /** Throws `LostWriteError` if the link no longer has the status of `before`. */
  saveLink(before: ConnectLink, after: ConnectLink): Promise<void>
  /** Like `saveLink`, but returns `won: false` instead of throwing. */
  trySaveLink(before: ConnectLink, after: ConnectLink): Promise<WriteResult>
  /**
   * Counts one submission of credentials for a pending link. Returns how many submissions are left;
   * null if none was left before this one.
   */
  countTry(id: LinkId, atMost: number): Promise<number | null>
  /**
   * Withdraws the user's pending links whose providers are all in `providers`. Null means any
   * provider.
   */
  withdrawLinksOf(userId: UserId, providers: readonly ProviderId[] | null): Promise<void>
  insertFlow(flow: Flow): Promise<void>
  /** Finds and removes a flow in one step, because a state is valid for one callback only. */
  takeFlow(stateHash: string, browserHash: string | null, now: Instant): Promise<Flow | null>
  /** Stores how a taken flow ended, until this time. */
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
   * Call after the clock was set back by `byMs`. Sets future times of revocations, circuits,
   * webhooks, data keys, leases and the heartbeat to `now`. Links and flows expire `byMs` earlier,
   * so that they keep the time that they had left.
   */
  endWaits(now: Instant, byMs: number): Promise<void>
  /** Adds, retires and removes keys, so that exactly these remain. */
  saveVaultKeys(keys: VaultKeys): Promise<void>
  /** Seals one page of values again, starting at `position`. Null starts a new pass. */
  reSeal(position: ReSealPosition | null, limit: number): Promise<ReSealed>
  /**
   * Deletes old flows, links, hashes, events and other expired rows. Returns the number of rows.
   */
  sweep(now: Instant): Promise<number>
}

export type Lease = {
  readonly attempt: AttemptId
  /** After this time the refresh token may be spent: see `unknownSince`. */
  readonly since: Instant
  readonly until: Instant
  /** When the schedule retries if this process crashes now. */
  readonly dueAt: Instant
}

/** Throws `StoreError` if the database fails. */
export interface Store extends Reads {
  /**
   * `work` runs again from its start if the database was locked, or if another write changed the
   * row first. So `work` must have no effect outside `trx`. It must not call the store, because the
   * store throws inside a transaction. It must await every call of `trx`, because other writes share
   * the transaction. Resolves after the commit.
   */
  write<T>(work: (trx: Writes) => Promise<T>): Promise<T>
  /** Throws `StoreError` if the database does not accept a write or has known damage. */
  probe(): Promise<void>
  /** Empties the write-ahead log, because deleted values stay readable in the log. */
  emptyLog(): Promise<void>
  /** Whether a connection of this provider is due. It may have a running attempt. */
  hasDue(provider: ProviderId, now: Instant): Promise<boolean>
  /** Connections whose attempt was sent at `since` or later and has no outcome, newest first. */
  openAttempts(since: Instant, limit: number): Promise<readonly LiveConnection[]>
  /** Returns revocations that are due, the one due first at the start. */
  dueRevocations(now: Instant, limit: number): Promise<readonly Revocation[]>
  /** Like `probe`, but at most once a second, because each caller of the API may trigger it. */
  sharedProbe(): Promise<void>
  /** The last check of the whole database. */
  readonly lastCheck: FileCheck
  /**
   * Checks the whole database beside all other work. Rebuilds indexes that do not match their
   * tables. Refuses all writes from then on if a table is damaged. Returns null if `ending` aborted
   * the check.
   */
  check(ending: AbortSignal): Promise<FileCheckResult | null>
  /** The size of the write-ahead log. The log grows during a long read by another process. */
  logBytes(): number
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Where a refresh token comes from. `arrived`: a consent or an import. `received`: a refresh, so
 * the app has never had the token.
 */
export type TokenOrigin = 'arrived' | 'received'
/** The position of a pass over all sealed columns. */
export type ReSealPosition = { readonly table: number; readonly after: string | number | null }

/** `next` is null at the end of the pass. */
export type ReSealed = { readonly resealed: number; readonly next: ReSealPosition | null }

/** A stored key. A `data` key seals values; the `index` key computes fingerprints. */
export type WrappedKey = {
  /** Derived from the key, so that no other key has the same id. */
  readonly id: string
  readonly purpose: 'data' | 'index'
  readonly wrapped: Uint8Array
  readonly createdAt: Instant
  /** After this time the key opens values but seals none. */
  readonly retiredAt: Instant | null
}

/** The stored keys of a vault. They are useless without the master key. */
export type VaultKeys = {
  readonly vaultId: string
  /** A value that detects a wrong master key before anything is written. */
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
 * The classes of due connections. `unproven`: imports that wait for their first refresh.
 * `troubled`: connections whose last refresh failed; they must not delay the others.
 */
export type Among = 'healthy' | 'unproven' | 'troubled'
/**
 * `own`: connections with their own OAuth client, if that client has a secret. `configured`: all
 * other connections.
 */
export type Whose = 'any' | 'configured' | 'own'
