import {
  completed,
  isOtherAccount,
  isSameByProof,
  sameAccount,
  replacedAmong,
} from '../../core/connection/account.ts'
import {
  type Account,
  type Connection,
  isLive,
  isRenewable,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { LostWriteError, VaultError } from '../../core/base/errors.ts'
import { dueAtOf } from '../../core/refresh/due-at.ts'
import {
  attemptOn,
  keptGrant,
  withKeptRefreshToken,
} from '../../core/connection/kept-refresh-token.ts'
import { isQuiet } from '../../core/connection/quiet-import.ts'
import { openOrNull } from '../../core/base/secret.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import { accountMismatch } from '../connect/write-grant.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'
import { type NewGrantChange, recordGrant } from '../refresh/record-change.ts'
import { endsSiblings } from '../refresh/siblings.ts'
import { reportConnected } from '../connect/report-connected.ts'

/**
 * `VaultError`: the draft was removed. `unproven`: the draft stays, and must not replace a working
 * grant.
 */
export type Promotion = NewGrantChange | VaultError | 'unproven'

/**
 * Turns a draft into a connection. The draft's grant replaces the grant of the named connection, or
 * else of this user's connection for the account. That connection keeps its id. If there is none,
 * the draft becomes a new connection. An unproven grant never replaces another.
 */
export async function promoteDraft(
  ports: RefreshNeeds,
  draft: LiveConnection,
): Promise<NewGrantChange> {
  // Wait for a running refresh, because it spends the refresh token that is moved below.
  await ports.flights.finished(draft.id)
  const promotion = await ports.store.write(async (trx): Promise<Promotion> => {
    const stored = await trx.connection(draft.id)
    if (stored === null || !isLive(stored)) throw new LostWriteError('connection')
    if (stored.draft === null) return { connection: stored, change: 'reconnected' }
    return promote(ports, trx, stored, asIdentified(ports, stored, draft))
  })
  if (promotion instanceof VaultError) throw promotion
  if (promotion === 'unproven') {
    throw new VaultError('provider_unavailable', 'the tokens could not be proven yet', {
      nextAction: 'retry',
      retryAfterSeconds: 30,
    })
  }
  reportConnected(ports, promotion, 'import')
  return promotion
}

/** Adds the account and data that the provider returned, unless the draft was refreshed since. */
function asIdentified(
  ports: RefreshNeeds,
  stored: LiveConnection,
  identified: LiveConnection,
): LiveConnection {
  const { account, providerData, grant } = identified
  if (grant.generation !== stored.grant.generation) {
    if (!endsSiblings(ports, stored) || isOwnerProven(stored)) return stored
    return { ...stored, account: { ...stored.account, id: null } }
  }
  const isOauth = grant.kind === 'oauth' && stored.grant.kind === 'oauth'
  const owned = isOauth ? { ...stored.grant, owner: grant.owner } : stored.grant
  return { ...stored, account, providerData, grant: owned }
}

function isOwnerProven({ grant }: LiveConnection): boolean {
  return grant.kind !== 'oauth' || grant.owner.is === 'proven'
}

/**
 * The error for an access token without a refresh token, if the provider does not name its account.
 * To keep the stored refresh token could mix two accounts; to remove it would lose the grant.
 */
export function ownerless(): VaultError {
  return refreshTokenRequired(
    'is required: the provider does not say that this access token is of the account whose refresh token is stored',
  )
}

export function refreshTokenRequired(detail: string): VaultError {
  return new VaultError('invalid_request', 'the owner of this access token is not known', {
    errors: [{ in: 'body', name: 'refreshToken', detail }],
  })
}

/** Promotes a draft in its transaction. `proven` is the draft with what the provider returned. */
export async function promote(
  ports: RefreshNeeds,
  trx: Writes,
  stored: LiveConnection,
  proven: LiveConnection,
): Promise<Promotion> {
  if (await isTokenOfAnotherUser(trx, proven)) {
    return refuse(
      trx,
      stored,
      new VaultError('conflict', 'another connection holds this refresh token'),
    )
  }
  const replaced = await replacedBy(trx, proven)
  if (replaced !== null) {
    return proven.status === 'active' ? replaceGrant(ports, trx, replaced, proven) : 'unproven'
  }
  if (stored.draft?.replaces) {
    return refuse(trx, stored, new VaultError('conflict', 'the connection was deleted meanwhile'))
  }
  const after = asConnection(ports, proven)
  return recordGrant(ports, trx, { before: stored, after, isQuiet: isQuiet(proven) })
}

/** The draft as a connection that replaces no other. */
export function asConnection(ports: RefreshNeeds, draft: LiveConnection): LiveConnection {
  return { ...scheduled(ports, draft), draft: null, updatedAt: ports.clock.now() }
}

async function refuse(trx: Writes, { id }: LiveConnection, error: VaultError): Promise<VaultError> {
  await trx.removeConnection(id)
  return error
}

async function isTokenOfAnotherUser(
  trx: Writes,
  { provider, userId, grant }: LiveConnection,
): Promise<boolean> {
  const refreshToken = openOrNull(grant.refreshToken)
  if (refreshToken === null) return false
  const found = await trx.holderOfRefreshToken(provider, refreshToken)
  const holder = found === null ? null : await trx.connection(found.connectionId)
  return holder !== null && holder.userId !== userId
}

/** The connection whose grant a draft replaces. Null if there is none. */
export async function replacedBy(
  reads: Pick<Reads, 'connection' | 'connectionsOf'>,
  { draft, userId, provider, account, grant: { kind } }: LiveConnection,
): Promise<Connection | null> {
  if (draft?.replaces) return reads.connection(draft.replaces)
  const all = await reads.connectionsOf(userId, provider)
  return replacedAmong(all, account, { kind, isSame: sameAccount })
}

async function replaceGrant(
  ports: RefreshNeeds,
  trx: Writes,
  replaced: Connection,
  draft: LiveConnection,
): Promise<Promotion> {
  const { grant } = draft
  // Every connection of the account would get this grant, so its owner must be proven.
  const isShared = endsSiblings(ports, draft) && replaced.account.id !== null
  if (isShared && isRenewable(grant) && !isOwnerProven(draft)) return 'unproven'
  const named = namedAccount(draft)
  const isSame = named !== null && isSameByProof(replaced.account, named)
  if (keptGrant(grant, replaced) !== null && !isSame) {
    if (named === null) return 'unproven'
    const isOther = isOtherAccount(replaced.account, named)
    return refuse(trx, draft, isOther ? accountMismatch() : ownerless())
  }
  if (isOtherAccount(replaced.account, draft.account)) {
    return refuse(trx, draft, accountMismatch())
  }
  await trx.moveRefreshTokens(draft.id, replaced.id)
  await trx.removeConnection(draft.id)
  const kept = withKeptToken(draft, replaced)
  const after: LiveConnection = {
    ...scheduled(ports, ownedLike(replaced, withProviderDataOf(replaced, kept))),
    id: replaced.id,
    draft: null,
    label: draft.label ?? replaced.label,
    metadata: Object.keys(draft.metadata).length > 0 ? draft.metadata : replaced.metadata,
    account: completed(draft.account, replaced.account),
    createdAt: replaced.createdAt,
    updatedAt: ports.clock.now(),
  }
  return recordGrant(ports, trx, { before: replaced, after, isQuiet: isQuiet(draft) })
}

/** The account that the provider named for the access token. Null if it named none. */
function namedAccount({ grant }: LiveConnection): Account | null {
  return grant.kind === 'oauth' && grant.owner.is === 'unproven' ? grant.owner.told : null
}

/** A draft without a refresh token keeps the refresh token of the replaced connection. */
function withKeptToken(draft: LiveConnection, replaced: Connection): LiveConnection {
  const grant = withKeptRefreshToken(draft.grant, replaced, true)
  if (grant === draft.grant) return draft
  return { ...draft, grant, attempt: attemptOn(grant, { fresh: draft.grant, replaced }) }
}

/** Sets the due time on promotion, because the schedule skips new drafts. */
function scheduled(ports: RefreshNeeds, connection: LiveConnection): LiveConnection {
  const { grant, status, failure } = connection
  if (failure?.reason === 'unproven') return { ...connection, dueAt: ports.clock.now() }
  const provider = ports.providers.get(connection.provider)
  if (provider === undefined || status !== 'active') return connection
  const dueAt = dueAtOf(grant, { ...provider, policy: ports.policy }, ports.random.fraction())
  return { ...connection, dueAt }
}

/** Adds the provider data of the replaced connection. The draft's own values take precedence. */
export function withProviderDataOf(
  { providerData }: Connection,
  draft: LiveConnection,
): LiveConnection {
  if (draft.grant.kind !== 'oauth') return draft
  return { ...draft, providerData: { ...providerData, ...draft.providerData } }
}

/**
 * The first refresh of an unproven grant checks its owner. The expected owner is the account that
 * the provider named for the imported token, or else for the replaced connection.
 */
export function ownedLike(replaced: Connection, draft: LiveConnection): LiveConnection {
  const { grant } = draft
  if (grant.kind !== 'oauth' || grant.owner.is !== 'unproven') return draft
  const told = grant.owner.told ?? namedOwner(replaced)
  return { ...draft, grant: { ...grant, owner: { is: 'unproven', told } } }
}

/** The account that the provider has named for the tokens of this connection. */
export function namedOwner(connection: Connection): Account | null {
  if (!isLive(connection) || connection.grant.kind !== 'oauth') return null
  const { owner } = connection.grant
  if (owner.is === 'proven') return { id: owner.accountId, email: null, name: null }
  return owner.is === 'unproven' ? owner.told : null
}
