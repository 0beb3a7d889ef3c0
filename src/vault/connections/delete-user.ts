import { type Caller, reachesProvider, reachesUser } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Connection } from '../../core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { removeConnection, removeDrafts, trimHistory } from './delete-connection.ts'
import { queueRevocation, type RevocationAnswer } from './queue-revocation.ts'

export type UserDeletion = {
  readonly connections: readonly {
    readonly id: ConnectionId
    readonly provider: ProviderId
    readonly revocation: RevocationAnswer
  }[]
}

/**
 * Deletes a user's connections, drafts and open links, as far as the API key may use their
 * providers. Queues every grant for revocation.
 */
export async function deleteUser(
  ports: Pick<
    Ports,
    'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'observer'
  >,
  caller: Caller,
  userId: UserId,
): Promise<UserDeletion> {
  if (!reachesUser(caller, userId)) throw new VaultError('not_found', 'no such user')
  const isRevocable = new Map<ConnectionId, boolean>()
  for (const connection of await ports.store.connectionsOf(userId, null)) {
    await trimHistory(ports, connection.id)
    isRevocable.set(connection.id, await ports.endpoint.canRevoke(connection))
  }
  const connections = await ports.store.write(async (trx) => {
    const isReached = (one: Connection) => reachesProvider(caller, one.provider)
    const removed = []
    for (const { id, provider } of (await trx.connectionsOf(userId, null)).filter(isReached)) {
      removed.push({ id, provider, ...(await removeConnection(ports, trx, id)) })
    }
    const left = await removeDrafts(trx, (await trx.draftsOf(userId)).filter(isReached))
    // Do this after all removals, because a grant is not revoked while a stored connection still
    // uses it.
    const report = []
    for (const { id, provider, grant } of removed) {
      const dropped = grant && { ...grant, isRevocable: isRevocable.get(id) ?? true }
      report.push({ id, provider, revocation: await queueRevocation(ports, trx, dropped) })
    }
    for (const draft of [...removed.flatMap(({ drafts }) => drafts), ...left]) {
      await queueRevocation(ports, trx, draft)
    }
    await trx.withdrawLinksOf(userId, caller.providers)
    return report
  })
  const by = caller.keyId
  for (const { id, provider } of connections) ports.observer.deleted({ id, provider, by })
  ports.observer.userDeleted({ by, connections: connections.length })
  return { connections }
}
