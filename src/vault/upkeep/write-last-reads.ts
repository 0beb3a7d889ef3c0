import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'

const AT_ONCE = 200

/** Stores which connections were read since the last call. Returns their number. */
export async function writeLastReads(
  ports: Pick<Ports, 'clock' | 'store' | 'lastReads'>,
): Promise<number> {
  const read = ports.lastReads.take()
  for (let from = 0; from < read.length; from += AT_ONCE) {
    const some = read.slice(from, from + AT_ONCE)
    await ports.store.write((trx) => trx.recordReads(some, ports.clock.now()))
    await yieldTurn(ports.clock)
  }
  return read.length
}
