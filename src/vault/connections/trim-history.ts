import type { ConnectionId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'

/**
 * To be called before a connection is removed: one that an earlier version refreshed for months has
 * more remembered refresh tokens than one write may delete while readers wait.
 */
export async function trimHistory(
  { clock, store }: Pick<Ports, 'clock' | 'store'>,
  id: ConnectionId,
): Promise<void> {
  while ((await store.write((trx) => trx.trimRefreshTokens(id))) > 0) await clock.sleep(0)
}
