import type { Ports } from '../../ports/ports.ts'

/**
 * Stores the endpoints of the settings, a new one from the newest event on. Removes endpoints that left
 * the settings long ago.
 */
export async function keepWebhooks(
  ports: Pick<Ports, 'clock' | 'store' | 'webhooks'>,
): Promise<void> {
  const ids = ports.webhooks.endpoints.map(({ id }) => id)
  await ports.store.write((trx) => trx.keepWebhooks(ids, ports.clock.now()))
}
