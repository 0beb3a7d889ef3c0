import { type Caller, reachesProvider, reachesUser } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { removeConnection, removeDrafts, revokeAll, revokeRemoved } from './delete-connection.ts'
import type { RevocationAnswer } from './queue-revocation.ts'
import { trimHistory } from './trim-history.ts'

export type UserDeletion = {
  readonly connections: readonly {
    readonly id: ConnectionId
    readonly provider: ProviderId
    readonly revocation: RevocationAnswer
  }[]
}

/** Everything of that user that the key reaches: connections and what may become one, each grant revoked, and open links. */
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
    const all = await trx.connectionsOf(userId, null)
    const reached = all.filter(({ provider }) => reachesProvider(caller, provider))
    const removed = []
    for (const { id, provider } of reached) {
      removed.push({ id, provider, ...(await removeConnection(ports, trx, id)) })
    }
    const left = await trx.draftsOf(userId)
    const drafts = left.filter(({ provider }) => reachesProvider(caller, provider))
    const ofDrafts = [...removed.flatMap((one) => one.drafts), ...(await removeDrafts(trx, drafts))]
    // Only now: until then one connection of this user would keep another's grant from being revoked.
    const report = []
    for (const { id, provider, grant } of removed) {
      const about = { isRevocable: isRevocable.get(id) ?? true }
      const revocation = await revokeRemoved(ports, trx, grant && { ...grant, ...about })
      report.push({ id, provider, revocation })
    }
    await revokeAll(ports, trx, ofDrafts)
    await trx.withdrawLinksOf(userId, caller.providers)
    return report
  })
  const by = caller.keyId
  for (const { id, provider } of connections) ports.observer.deleted({ id, provider, by })
  ports.observer.userDeleted({ by, connections: connections.length })
  return { connections }
}
