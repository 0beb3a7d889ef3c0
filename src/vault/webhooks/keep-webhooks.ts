import type { Ports } from '../../ports/ports.ts'

/**
 * Stores the configured endpoints. A new endpoint gets only events that are newer than itself.
 * Removes endpoints that were removed from the settings long ago.
 */
export async function keepWebhooks(
  ports: Pick<Ports, 'clock' | 'store' | 'webhooks'>,
): Promise<void> {
  const ids = ports.webhooks.endpoints.map(({ id }) => id)
  await ports.store.write((trx) => trx.keepWebhooks(ids, ports.clock.now()))
}
