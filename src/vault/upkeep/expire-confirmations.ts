import type { Ports } from '../../ports/ports.ts'
import { refuseWaiting } from '../connect/refuse-waiting.ts'

const AT_ONCE = 100

/** Grants that nobody confirmed in time are wiped and revoked; the job calls it each minute. */
export async function expireConfirmations(
  ports: Pick<Ports, 'clock' | 'random' | 'sealer' | 'store' | 'endpoint' | 'providers'>,
): Promise<number> {
  const overdue = await ports.store.overdueConfirmations(ports.clock.now(), AT_ONCE)
  for (const link of overdue) {
    const after = {
      ...link,
      state: { status: 'withdrawn' },
      lastError: 'confirmation_refused',
    } as const
    await ports.store.write((trx) => refuseWaiting(ports, trx, after))
  }
  return overdue.length
}
