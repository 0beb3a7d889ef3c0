import type { ConnectLink } from '../../core/connect/flow.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { providerDataOf } from './write-grant.ts'
import { queueRevocation, tokensOf } from '../connections/queue-revocation.ts'

/**
 * The host app did not stand by a grant: it is wiped and queued for revocation, and a connection that
 * consisted of nothing else goes with it. `after` is the link as it is from now on. Answers whether
 * this call was the one that did it.
 */
export async function refuseWaiting(
  ports: Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers'>,
  trx: Writes,
  after: ConnectLink,
): Promise<boolean> {
  const before = await trx.link(after.id)
  // Confirmed meanwhile, or refused by somebody else: what has become of it stays.
  if (before?.state.status !== 'awaiting_confirmation') return false
  await trx.saveLink(before, after)
  const waiting = await trx.waitingGrant(after.id)
  if (waiting === null) return false
  await trx.removeWaitingGrant(after.id)
  const connection = await trx.connection(waiting.connectionId)
  if (connection?.status === 'pending') await trx.removeConnection(connection.id)
  const holder = {
    provider: waiting.provider,
    client: waiting.request.client,
    params: waiting.request.params,
    providerData: providerDataOf(waiting.brought),
    account: waiting.account,
  }
  const formerHolder = waiting.connectionId
  await queueRevocation(ports, trx, { holder, ...tokensOf(waiting.brought), formerHolder })
  return true
}
