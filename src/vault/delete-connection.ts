import type { Caller } from '../core/access.ts'
import { sameAccount } from '../core/account.ts'
import { type Connection, isLive } from '../core/connection.ts'
import { connectionEvent } from '../core/event.ts'
import type { ConnectionId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'
import type { Writes } from '../ports/store.ts'
import { findConnection } from './find-connection.ts'
import { queueRevocation, type RevocationAnswer, tokensOf } from './queue-revocation.ts'
import type { Target } from './target.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'observer'>

/** Gone at once; what the provider is told goes through a durable queue. */
export async function deleteConnection(
  ports: Needs,
  caller: Caller,
  target: Target,
  options: { readonly revoke: boolean },
): Promise<{ readonly revocation: RevocationAnswer }> {
  const { id, provider } = await findConnection(ports, caller, target)
  const revocation = await ports.store.write((trx) => removeConnection(ports, trx, id, options))
  ports.observer.deleted({ id, provider, by: caller.keyId })
  return { revocation }
}

/** A refresh that is in the air finds no row and has what it brought revoked. */
export async function removeConnection(
  ports: Needs,
  trx: Writes,
  id: ConnectionId,
  options: { readonly revoke: boolean },
): Promise<RevocationAnswer> {
  const connection = await trx.connection(id)
  if (connection === null) return 'skipped'
  await trx.removeConnection(id)
  await trx.appendEvent(
    connectionEvent('connection.deleted', connection, connection),
    ports.clock.now(),
  )
  const drafts = await trx.draftsOf(connection.userId)
  await removeDrafts(ports, trx, { drafts: drafts.filter(isMeantFor(connection)), ...options })
  return options.revoke ? revokeGrant(ports, trx, connection) : 'skipped'
}

/** What was handed in and waits for its proof would bring back, once it is proven, what was deleted. */
export async function removeDrafts(
  ports: Needs,
  trx: Writes,
  of: { readonly drafts: readonly Connection[]; readonly revoke: boolean },
): Promise<void> {
  for (const draft of of.drafts) {
    await trx.removeConnection(draft.id)
    if (of.revoke) await revokeGrant(ports, trx, draft)
  }
}

function isMeantFor({ id, provider, account }: Connection) {
  return ({ draft, ...other }: Connection): boolean =>
    draft?.replaces == null
      ? other.provider === provider && sameAccount(other.account, account)
      : draft.replaces === id
}

async function revokeGrant(
  ports: Needs,
  trx: Writes,
  connection: Connection,
): Promise<RevocationAnswer> {
  if (isLive(connection)) {
    const { refreshToken, token } = connection.grant
    return queueRevocation(ports, trx, {
      holder: connection,
      refreshToken,
      accessToken: token?.secret ?? null,
    })
  }
  const waiting = await trx.waitingGrantOf(connection.id)
  if (waiting === null) return 'skipped'
  await trx.removeWaitingGrant(waiting.link)
  return queueRevocation(ports, trx, { holder: connection, ...tokensOf(waiting.brought) })
}
