import type { Ports } from '../../ports/ports.ts'
import { findWebhook, type ListedWebhook } from './list-webhooks.ts'

/**
 * Enables a disabled or waiting endpoint. Its deliveries continue at once from where they stopped.
 * Resets its count of lost events.
 */
export async function enableWebhook(
  ports: Pick<Ports, 'clock' | 'store' | 'webhooks' | 'observer'>,
  id: string,
): Promise<ListedWebhook> {
  const { endpoint } = await findWebhook(ports, id)
  await ports.store.write(async (trx) => {
    const state = await trx.webhookState(endpoint.id)
    if (state === null) return
    const fresh = { failures: 0, failingSince: null, dueAt: 0, disabled: null, lost: 0 }
    await trx.saveWebhook({ ...state, ...fresh, enableCount: state.enableCount + 1 })
    await trx.hurryHolds(endpoint.id, ports.clock.now())
  })
  ports.observer.webhookEnabled({ webhook: endpoint.id })
  return findWebhook(ports, id)
}
