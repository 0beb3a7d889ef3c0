import { StoreError } from '../core/errors.ts'
import type { Ports, Writes } from '../ports.ts'

const LONGEST_WAIT_MS = 5_000

/**
 * Commits what a refresh brought. A refresh token that was received and cannot be written is kept and
 * written again for as long as it takes: the provider knows no other by now.
 */
export async function persistOutcome<T>(
  ports: Pick<Ports, 'clock' | 'store' | 'observer'>,
  isIrreplaceable: boolean,
  work: (trx: Writes) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ports.store.write(work)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      ports.observer.storeFailed({ reason: error.reason, during: 'refresh' })
      if (!isIrreplaceable) throw error
      await ports.clock.sleep(Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(tries, 10)))
    }
  }
}
