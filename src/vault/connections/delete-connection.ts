import type { Caller } from '../../core/base/access.ts'
import { isNameless, sameAccount } from '../../core/connection/account.ts'
import { type Account, type Connection, isLive } from '../../core/connection/connection.ts'
import { connectionEvent } from '../../core/events/event.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { findConnection } from './find-connection.ts'
import {
  type Dropped,
  queueRevocation,
  type RevocationAnswer,
  tokensOf,
} from './queue-revocation.ts'
import type { ConnectionTarget } from './target.ts'
import { trimHistory } from './trim-history.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'observer'
>

/** Gone at once; what the provider is told goes through a durable queue. */
export async function deleteConnection(
  ports: Needs,
  caller: Caller,
  target: ConnectionTarget,
  options: { readonly revoke: boolean },
): Promise<{ readonly revocation: RevocationAnswer }> {
  const found = await findConnection(ports, caller, target)
  const { id, provider } = found
  await trimHistory(ports, id)
  const isRevocable = options.revoke && (await ports.endpoint.canRevoke(found))
  const revocation = await ports.store.write(async (trx) => {
    const { grant, drafts } = await removeConnection(ports, trx, id)
    if (!options.revoke) return 'skipped'
    await revokeAll(ports, trx, drafts)
    return revokeRemoved(ports, trx, grant && { ...grant, isRevocable })
  })
  ports.observer.deleted({ id, provider, by: caller.keyId })
  return { revocation }
}

export type Removed = {
  /** Null: it held nothing that could be revoked. */
  readonly grant: Dropped | null
  readonly drafts: readonly Dropped[]
}

/**
 * What it held is for the caller to revoke, after everything that goes with it has been removed. A
 * refresh that is in the air finds no row and has what it brought revoked.
 */
export async function removeConnection(
  ports: Pick<Needs, 'clock'>,
  trx: Writes,
  id: ConnectionId,
): Promise<Removed> {
  const connection = await trx.connection(id)
  if (connection === null) return { grant: null, drafts: [] }
  const grant = await droppedBy(trx, connection)
  await trx.removeConnection(id)
  await trx.appendEvent(
    connectionEvent('connection.deleted', connection, connection),
    ports.clock.now(),
  )
  const drafts = await trx.draftsOf(connection.userId)
  return { grant, drafts: await removeDrafts(trx, drafts.filter(isMeantFor(connection))) }
}

/** What was handed in and waits for its proof would bring back, once it is proven, what was deleted. */
export async function removeDrafts(
  trx: Writes,
  drafts: readonly Connection[],
): Promise<readonly Dropped[]> {
  const dropped: Dropped[] = []
  for (const draft of drafts) {
    const grant = await droppedBy(trx, draft)
    if (grant !== null) dropped.push(grant)
    await trx.removeConnection(draft.id)
  }
  return dropped
}

export async function revokeAll(
  ports: Needs,
  trx: Writes,
  dropped: readonly Dropped[],
): Promise<void> {
  for (const grant of dropped) await queueRevocation(ports, trx, grant)
}

export async function revokeRemoved(
  ports: Needs,
  trx: Writes,
  grant: Dropped | null,
): Promise<RevocationAnswer> {
  return grant === null ? 'skipped' : queueRevocation(ports, trx, grant)
}

function isMeantFor({ id, provider, account }: Connection) {
  return ({ draft, ...other }: Connection): boolean =>
    draft?.replaces == null
      ? other.provider === provider && mayBeOne(other.account, account)
      : draft.replaces === id
}

function mayBeOne(a: Account, b: Account): boolean {
  return sameAccount(a, b) || (isNameless(a) && isNameless(b))
}

async function droppedBy(trx: Writes, connection: Connection): Promise<Dropped | null> {
  if (isLive(connection)) {
    const { refreshToken, token } = connection.grant
    return { holder: connection, refreshToken, accessToken: token?.secret ?? null }
  }
  const waiting = await trx.waitingGrantOf(connection.id)
  if (waiting === null) return null
  await trx.removeWaitingGrant(waiting.link)
  return { holder: connection, ...tokensOf(waiting.brought) }
}
