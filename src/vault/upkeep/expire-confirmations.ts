import type { Ports } from '../../ports/ports.ts'
import { refuseWaiting } from '../connect/withdraw-link.ts'

const AT_ONCE = 100

/** Withdraws links whose grant the app did not confirm in time, and revokes the grants. */
export async function expireConfirmations(
  ports: Pick<Ports, 'clock' | 'random' | 'sealer' | 'store' | 'endpoint' | 'providers'>,
): Promise<number> {
  const overdue = await ports.store.overdueConfirmations(ports.clock.now(), AT_ONCE)
  for (const link of overdue) {
    await ports.store.write((trx) => refuseWaiting(ports, trx, link, 'confirmation_refused'))
  }
  return overdue.length
}
