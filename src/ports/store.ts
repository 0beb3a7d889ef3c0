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
  /** Due connections of one provider, soonest first; of any client unless said otherwise. */
  dueConnections(
    provider: ProviderId,
    now: Instant,
    wanted: { readonly among: Among; readonly whose?: Whose; readonly limit: number },
  ): Promise<readonly ConnectionId[]>
  /** Attempts that a process of this store left open, sent at `since` or later, the newest first. */
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
  /** The next events, and how far they reach: one page reads a bounded number of rows and bytes. */
  eventPage(filter: EventFilter): Promise<EventPage>
  /** By id, revoked ones too. `next`: the id to go on after; null: this is the last page. */
  apiKeys(page: {
    readonly after: KeyId | null
    readonly limit: number
  }): Promise<{ readonly keys: readonly ApiKey[]; readonly next: KeyId | null }>
  liveApiKeys(): Promise<readonly ApiKey[]>
  circuits(): Promise<readonly Circuit[]>
  dueRevocations(now: Instant, limit: number): Promise<readonly Revocation[]>
  /** All of them, drafts too, in the order of their ids. */
  connectionIds(after: ConnectionId | null, limit: number): Promise<readonly ConnectionId[]>
  vaultKeys(): Promise<VaultKeys>
  /** Of which the host app should hear by now that they end. */
  endingGrants(now: Instant, limit: number): Promise<readonly ConnectionId[]>
  /** For health and metrics; cheap, from indexes. */
  census(now: Instant): Promise<Census>
}

export type ConnectionFilter = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Connection['status'] | null
  readonly expiringBefore: Instant | null
  /** Ids above this one. */
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
  /** Imports that wait for their first refresh; providers without any are left out. */
  readonly unproven: readonly { readonly provider: ProviderId; readonly count: number }[]
  /** Of each provider with anything due but unproven imports, configured or not. */
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
   * Lease and intent in one write. Wins only if nobody else holds the lease and the grant is still
   * `connection`'s; the row then says that its refresh token may be spent.
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
   * After the clock was set back: no time of revocations, circuits, webhooks, data keys and leases lies
   * in the future, and the heartbeat neither.
   */
  endWaits(now: Instant): Promise<void>
  /** Adds, retires and removes keys, until they are these. */
  saveVaultKeys(keys: VaultKeys): Promise<void>
  /** Goes on from `position`; null: from the beginning. */
  reSeal(position: ReSealPosition | null, limit: number): Promise<ReSealed>
  /** What has outlived its use: spent flows, dead links, old hashes and events. Returns rows removed. */
  sweep(now: Instant): Promise<number>
}

export type Lease = {
  readonly attempt: AttemptId
  /** Since when the refresh token may be spent: see `unknownSince`. */
  readonly since: Instant
  readonly until: Instant
  /** When the schedule takes the connection up again if this process dies now. */
  readonly dueAt: Instant
}

/** Throws `StoreError` when the database fails; the first error is the one reported. */
export interface Store extends Reads {
  /**
   * `work` runs again from its start if the database was locked or a fenced write lost, so it may have
   * no effect outside `trx`. It must ask `trx` and not the store: the store throws then.
   */
  write<T>(work: (trx: Writes) => Promise<T>): Promise<T>
  /** Proves that the database can be written, and has not been found damaged; throws `StoreError`. */
  probe(): Promise<void>
  /** Leaves nothing in the log: what was deleted from the database would stay readable there. */
  emptyLog(): Promise<void>
  /** The same for callers from outside: at most one probe a second, which is a synced write, in all. */
  sharedProbe(): Promise<void>
  /** Bytes of what is written and not yet taken into the database: it grows under a long reader. */
  logBytes(): number
  [Symbol.asyncDispose](): Promise<void>
}

/** `arrived`: from a consent or an import. `received`: from a refresh, so it has never left the vault. */
export type TokenOrigin = 'arrived' | 'received'

/** A rotation that was received and that the store has not taken yet. */
export type JournalEntry = {
  readonly attempt: AttemptId
  readonly connectionId: ConnectionId
  readonly grantId: GrantId
  /** The one that was presented. */
  readonly generation: number
  readonly sentAt: Instant
  readonly tokens: ReceivedTokens
}

/** The last resort: stable storage that needs no more room than it has. Synchronous on purpose. */
export interface Journal {
  /** Outlives the process when it answers true, though not the machine: nothing is waited for. */
  note(entry: JournalEntry): boolean
  /** On stable storage when it answers true; false where even this has failed or is full. */
  keep(entry: JournalEntry): boolean
  readonly entries: readonly JournalEntry[]
  drop(entry: Pick<JournalEntry, 'attempt'>): void
}

/** How far a pass over every sealed column has come. */
export type ReSealPosition = { readonly table: number; readonly after: string | number | null }

/** `next` null: the pass is over. */
export type ReSealed = { readonly resealed: number; readonly next: ReSealPosition | null }

/** A key of the vault as it is stored. `data` keys seal fields; the `index` key makes fingerprints. */
export type WrappedKey = {
  /** Made from the key itself, so that it names one key only. */
  readonly id: string
  readonly purpose: 'data' | 'index'
  readonly wrapped: Uint8Array
  readonly createdAt: Instant
  /** From then on it opens what it has sealed, and seals nothing new. */
  readonly retiredAt: Instant | null
}

/** What the store keeps of a vault's keys. Worth nothing without the master key. */
export type VaultKeys = {
  readonly vaultId: string
  /** Tells the right master key from any other before anything is written. */
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
 * Those that the schedule takes apart. `unproven`: imports that wait for their first refresh.
 * `troubled`: their last refresh failed; one that hangs must not keep the others from their turn.
 */
export type Among = 'healthy' | 'unproven' | 'troubled'
/** `own`: with an OAuth client of its own; one without a secret cannot be told from `configured`. */
export type Whose = 'any' | 'configured' | 'own'
