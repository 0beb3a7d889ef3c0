import type { Caller } from '../../core/base/access.ts'
import { isNameless, sameAccount } from '../../core/connection/account.ts'
import { type Account, type Connection, isLive } from '../../core/connection/connection.ts'
import { connectionEvent } from '../../core/events/event.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { type ConnectionTarget, findConnection } from './find-connection.ts'
import {
  type Dropped,
  queueRevocation,
  type RevocationAnswer,
  tokensOf,
} from './queue-revocation.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'observer'
>

/** Removes a connection at once, and queues its grant for revocation at the provider. */
export async function deleteConnection(
  ports: Needs,
  caller: Caller,
  target: ConnectionTarget,
  { revoke }: { readonly revoke: boolean },
): Promise<{ readonly revocation: RevocationAnswer }> {
  const found = await findConnection(ports, caller, target)
  const { id, provider } = found
  await trimHistory(ports, id)
  const isRevocable = revoke && (await ports.endpoint.canRevoke(found))
  const revocation = await ports.store.write(async (trx) => {
    const { grant, drafts } = await removeConnection(ports, trx, id)
    if (!revoke) return 'skipped'
    for (const draft of drafts) await queueRevocation(ports, trx, draft)
    return queueRevocation(ports, trx, grant && { ...grant, isRevocable })
  })
  ports.observer.deleted({ id, provider, by: caller.keyId })
  return { revocation }
}

/**
 * Call this before removing a connection. Earlier versions stored a row for every refresh token.
 * One transaction that deletes them all would block readers for too long.
 */
export async function trimHistory(
  { clock, store }: Pick<Ports, 'clock' | 'store'>,
  id: ConnectionId,
): Promise<void> {
  while ((await store.write((trx) => trx.trimRefreshTokens(id))) > 0) await yieldTurn(clock)
}

/** The tokens of a removed connection and its drafts. Null: there are none to revoke. */
export type Removed = { readonly grant: Dropped | null; readonly drafts: readonly Dropped[] }

/**
 * Removes a connection and the drafts that would replace it. The caller must revoke their tokens
 * after everything is removed. A running refresh will find no row, and revoke the tokens that it
 * receives.
 */
export async function removeConnection(
  { clock }: Pick<Needs, 'clock'>,
  trx: Writes,
  id: ConnectionId,
): Promise<Removed> {
  const connection = await trx.connection(id)
  if (connection === null) return { grant: null, drafts: [] }
  const grant = await tokensHeldBy(trx, connection)
  await trx.removeConnection(id)
  await trx.appendEvent(connectionEvent('connection.deleted', connection, connection), clock.now())
  const drafts = await trx.draftsOf(connection.userId)
  return { grant, drafts: await removeDrafts(trx, drafts.filter(isDraftFor(connection))) }
}

/** A remaining draft would restore the deleted connection as soon as a refresh proves the draft. */
export async function removeDrafts(
  trx: Writes,
  drafts: readonly Connection[],
): Promise<readonly Dropped[]> {
  const dropped: Dropped[] = []
  for (const draft of drafts) {
    const grant = await tokensHeldBy(trx, draft)
    if (grant !== null) dropped.push(grant)
    await trx.removeConnection(draft.id)
  }
  return dropped
}

function isDraftFor({ id, provider, account }: Connection) {
  return ({ draft, ...other }: Connection): boolean =>
    draft?.replaces == null
      ? other.provider === provider && mayBeSame(other.account, account)
      : draft.replaces === id
}

function mayBeSame(a: Account, b: Account): boolean {
  return sameAccount(a, b) || (isNameless(a) && isNameless(b))
}

async function tokensHeldBy(trx: Writes, connection: Connection): Promise<Dropped | null> {
  if (isLive(connection)) {
    const { refreshToken, token } = connection.grant
    return { holder: connection, refreshToken, accessToken: token?.secret ?? null }
  }
  const waiting = await trx.waitingGrantOf(connection.id)
  if (waiting === null) return null
  await trx.removeWaitingGrant(waiting.link)
  return { holder: connection, ...tokensOf(waiting.received) }
}
