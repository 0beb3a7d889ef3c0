import type { Caller } from '../../core/base/access.ts'
import type { ConnectLink } from '../../core/connect/flow.ts'
import type { ErrorCode } from '../../core/base/errors.ts'
import type { LinkId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { providerDataOf } from './write-grant.ts'
import { queueRevocation, tokensOf } from '../connections/queue-revocation.ts'
import { showLink } from './show-link.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers'>

/** Idempotent. Revokes a grant that waits for confirmation. A completed link stays completed. */
export async function withdrawLink(
  ports: Needs & Pick<Ports, 'store'>,
  caller: Caller,
  id: LinkId,
): Promise<void> {
  await showLink(ports, caller, id)
  await ports.store.write(async (trx) => {
    const link = await trx.link(id)
    if (link === null) return
    if (link.state.status !== 'pending') return refuseWaiting(ports, trx, link, null)
    await trx.saveLink(link, { ...link, state: { status: 'withdrawn' } })
  })
}

/**
 * Withdraws a link whose grant waits for confirmation. Removes the grant, queues it for revocation,
 * and removes its pending connection. Does nothing if the grant was confirmed or refused meanwhile.
 */
export async function refuseWaiting(
  ports: Needs,
  trx: Writes,
  { id }: ConnectLink,
  lastError: ErrorCode | null,
): Promise<void> {
  const link = await trx.link(id)
  if (link?.state.status !== 'awaiting_confirmation') return
  const state = { status: 'withdrawn' } as const
  await trx.saveLink(link, { ...link, state, lastError: lastError ?? link.lastError })
  const waiting = await trx.waitingGrant(id)
  if (waiting === null) return
  await trx.removeWaitingGrant(id)
  const { provider, received, account, request, connectionId: formerHolder } = waiting
  const connection = await trx.connection(formerHolder)
  if (connection?.status === 'pending') await trx.removeConnection(connection.id)
  const { client, params } = request
  const holder = { provider, client, params, providerData: providerDataOf(received), account }
  await queueRevocation(ports, trx, { holder, ...tokensOf(received), formerHolder })
}
