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
import { VaultError } from '../../core/base/errors.ts'
import { dueAtOf } from '../../core/refresh/grant.ts'
import {
  attemptOn,
  heldFor,
  withKeptRefreshToken,
} from '../../core/connection/kept-refresh-token.ts'
import { isQuiet } from '../../core/connection/quiet-import.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import { accountMismatch } from '../connect/write-grant.ts'
import { openOrNull } from '../../core/base/secret.ts'
import { ownedLike, withProviderDataOf } from './named-owner.ts'
import { recordGrant } from '../refresh/record-change.ts'
import { endsSiblings } from '../refresh/siblings.ts'
import { reportConnected } from '../connect/report-connected.ts'

type Needs = Pick<
  Ports,
  | 'clock'
  | 'random'
  | 'store'
  | 'sealer'
  | 'observer'
  | 'endpoint'
  | 'providers'
  | 'flights'
  | 'policy'
>

/**
 * Puts a draft in its place: over the connection that it replaces, over the one that this user has
 * for the same account, or as a connection of its own. One transaction; the id of what stood there
 * stays. A grant that is not proven yet takes no place that another holds.
 */
export async function promoteDraft(
  ports: Needs,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  // One that is in the air spends the refresh token that is about to be moved.
  await ports.flights.finished(draft.id)
  const settled = await ports.store.write(async (trx) => {
    const stored = await trx.connection(draft.id)
    if (stored === null || !isLive(stored)) {
      throw new VaultError('conflict', 'the connection was changed meanwhile')
    }
    if (stored.draft === null) {
      return { kind: 'settled', connection: stored, created: false } as const
    }
    return promote(ports, trx, stored, asIdentified(ports, stored, draft))
  })
  if (settled.kind === 'mismatch') throw accountMismatch()
  if (settled.kind === 'orphan') {
    throw new VaultError('conflict', 'the connection was deleted meanwhile')
  }
  if (settled.kind === 'ownerless') throw ownerless()
  if (settled.kind === 'held') {
    throw new VaultError('conflict', 'another connection holds this refresh token')
  }
  if (settled.kind === 'unproven') {
    throw new VaultError('provider_unavailable', 'the tokens could not be proven yet', {
      nextAction: 'retry',
      retryAfterSeconds: 30,
    })
  }
  reportPromoted(ports, settled)
  return settled
}

/** What the provider said of the draft; of one that was refreshed since, it was said of other tokens. */
function asIdentified(
  ports: Needs,
  stored: LiveConnection,
  identified: LiveConnection,
): LiveConnection {
  const { account, providerData, grant } = identified
  if (grant.generation !== stored.grant.generation) {
    const isTold = !endsSiblings(ports, stored) || isOwnerProven(stored)
    return isTold ? stored : { ...stored, account: { ...stored.account, id: null } }
  }
  const isOauth = grant.kind === 'oauth' && stored.grant.kind === 'oauth'
  const owned = isOauth ? { ...stored.grant, owner: grant.owner } : stored.grant
  return { ...stored, account, providerData, grant: owned }
}

function isOwnerProven({ grant }: LiveConnection): boolean {
  return grant.kind !== 'oauth' || grant.owner.is === 'proven'
}

/** Keeping the stored refresh token would mix two accounts, and dropping it would lose the grant. */
export function ownerless(): VaultError {
  const detail =
    'is required: the provider does not say that this access token is of the account whose refresh token is stored'
  return new VaultError('invalid_request', 'nobody has said whose token this is', {
    errors: [{ in: 'body', name: 'refreshToken', detail }],
  })
}

export function reportPromoted(ports: Needs, settled: Promoted): void {
  const change = settled.created ? 'created' : 'reconnected'
  reportConnected(ports, { connection: settled.connection, change }, 'import')
}

export type Promoted = {
  readonly kind: 'settled'
  readonly connection: LiveConnection
  readonly created: boolean
}

type Mismatch = { readonly kind: 'mismatch' }
/** The connection that it was meant for is gone, and so is the draft. */
type Orphan = { readonly kind: 'orphan' }
/** It stays a draft, since another holds its place. */
type Unproven = { readonly kind: 'unproven' }
/** It has no refresh token, and is not proven to be of the account whose refresh token is stored. */
type Ownerless = { readonly kind: 'ownerless' }
/** The refresh that proved it brought a refresh token that a connection of another user holds. */
type Held = { readonly kind: 'held' }
type Promotion = Held | Promoted | Mismatch | Orphan | Unproven | Ownerless

/** Without asking the provider: a draft is believed where nobody else's grant hangs on it. */
export async function promoteUnproven(
  ports: Needs,
  trx: Writes,
  draft: LiveConnection,
): Promise<Promotion> {
  const isShared = endsSiblings(ports, draft) && draft.grant.kind === 'oauth'
  if (isShared) requireRefreshToken(draft)
  const placed = isShared ? UNPROVEN : await promote(ports, trx, draft, draft)
  // Nobody proves it but the schedule.
  if (placed.kind === 'unproven')
    await trx.saveConnection(draft, { ...draft, dueAt: ports.clock.now() })
  return placed
}

const UNPROVEN: Unproven = { kind: 'unproven' }

/** Whose tokens these are, nobody may say but the provider; it is asked after the first refresh. */
function requireRefreshToken({ grant }: LiveConnection): void {
  if (isRenewable(grant)) return
  const detail = 'is required unless it is verified: the provider has to say whose tokens these are'
  throw new VaultError('invalid_request', 'nobody has said whose token this is', {
    errors: [{ in: 'body', name: 'refreshToken', detail }],
  })
}

async function promote(
  ports: Needs,
  trx: Writes,
  stored: LiveConnection,
  proven: LiveConnection,
): Promise<Promotion> {
  if (await isTokenOfAnotherUser(trx, proven)) {
    await trx.removeConnection(stored.id)
    return { kind: 'held' }
  }
  const slot = await replacedBy(trx, proven)
  if (slot === null && stored.draft?.replaces) {
    await trx.removeConnection(stored.id)
    return { kind: 'orphan' }
  }
  if (slot === null) return promoteAsNew(ports, trx, stored, proven)
  return proven.status === 'active' ? replaceGrant(ports, trx, slot, proven) : { kind: 'unproven' }
}

async function isTokenOfAnotherUser(
  trx: Writes,
  { provider, userId, grant }: LiveConnection,
): Promise<boolean> {
  const refreshToken = openOrNull(grant.refreshToken)
  if (refreshToken === null) return false
  const held = await trx.holderOfRefreshToken(provider, refreshToken)
  const holder = held === null ? null : await trx.connection(held.connectionId)
  return holder !== null && holder.userId !== userId
}

export async function replacedBy(
  reads: Pick<Reads, 'connection' | 'connectionsOf'>,
  { draft, userId, provider, account, grant }: LiveConnection,
): Promise<Connection | null> {
  if (draft?.replaces) return reads.connection(draft.replaces)
  return replacedAmong(await reads.connectionsOf(userId, provider), account, {
    kind: grant.kind,
    isSame: sameAccount,
  })
}

async function promoteAsNew(
  ports: Needs,
  trx: Writes,
  stored: LiveConnection,
  proven: LiveConnection,
): Promise<Promoted> {
  const updatedAt = ports.clock.now()
  const connection: LiveConnection = { ...scheduled(ports, proven), draft: null, updatedAt }
  const event = isQuiet(proven) ? null : 'connection.created'
  const settled = await recordGrant(ports, trx, { before: stored, after: connection, event })
  return { kind: 'settled', connection: settled, created: true }
}

async function replaceGrant(
  ports: Needs,
  trx: Writes,
  slot: Connection,
  draft: LiveConnection,
): Promise<Promoted | Mismatch | Unproven | Ownerless> {
  // They would become the grant of every connection of that account.
  const { grant } = draft
  const isShared = endsSiblings(ports, draft) && slot.account.id !== null
  if (isShared && isRenewable(grant) && !isOwnerProven(draft)) return { kind: 'unproven' }
  const told = namedAccount(draft)
  const isOneAccount = told !== null && isSameByProof(slot.account, told)
  if (heldFor(grant, slot) !== null && !isOneAccount) {
    if (told === null) return { kind: 'unproven' }
    await trx.removeConnection(draft.id)
    return { kind: isOtherAccount(slot.account, told) ? 'mismatch' : 'ownerless' }
  }
  const isOther = isOtherAccount(slot.account, draft.account)
  if (!isOther) await trx.moveRefreshTokens(draft.id, slot.id)
  await trx.removeConnection(draft.id)
  if (isOther) return { kind: 'mismatch' }
  const now = ports.clock.now()
  const connection: LiveConnection = {
    ...scheduled(ports, ownedLike(slot, withProviderDataOf(slot, renewable(draft, slot)))),
    id: slot.id,
    draft: null,
    label: draft.label ?? slot.label,
    metadata: Object.keys(draft.metadata).length > 0 ? draft.metadata : slot.metadata,
    account: completed(draft.account, slot.account),
    createdAt: slot.createdAt,
    updatedAt: now,
  }
  const created = slot.status === 'pending'
  const event = isQuiet(draft)
    ? null
    : (`connection.${created ? 'created' : 'reconnected'}` as const)
  const settled = await recordGrant(ports, trx, { before: slot, after: connection, event })
  return { kind: 'settled', connection: settled, created }
}

/** The account that the provider named for the access token; null if it was not asked or named none. */
function namedAccount({ grant }: LiveConnection): Account | null {
  return grant.kind === 'oauth' && grant.owner.is === 'unproven' ? grant.owner.told : null
}

/** With the refresh token of the place that it takes, where it brings none of its own. */
function renewable(draft: LiveConnection, slot: Connection): LiveConnection {
  const grant = withKeptRefreshToken(draft.grant, slot, true)
  if (grant === draft.grant) return draft
  return { ...draft, grant, attempt: attemptOn(grant, { fresh: draft.grant, stored: slot }) }
}

/** A draft was kept from the schedule: it has its turn from here on. */
function scheduled(ports: Needs, connection: LiveConnection): LiveConnection {
  const { grant, status, failure } = connection
  if (failure?.reason === 'unproven') return { ...connection, dueAt: ports.clock.now() }
  const provider = ports.providers.get(connection.provider)
  if (provider === undefined || status !== 'active') return connection
  const dueAt = dueAtOf(grant, { ...provider, policy: ports.policy }, ports.random.fraction())
  return { ...connection, dueAt }
}
