import type { Ports } from '../../ports/ports.ts'

/**
 * Remembers the endpoints of the settings, each from the newest event on where it is new, and forgets
 * those that left them long ago. At the start, and now and then.
 */
export async function keepWebhooks(
  ports: Pick<Ports, 'clock' | 'store' | 'webhooks'>,
): Promise<void> {
  const ids = ports.webhooks.endpoints.map(({ id }) => id)
  await ports.store.write((trx) => trx.keepWebhooks(ids, ports.clock.now()))
}
