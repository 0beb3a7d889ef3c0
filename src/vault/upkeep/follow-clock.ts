import { StoreError } from '../../core/base/errors.ts'
import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import { isLive } from '../../core/connection/connection.ts'
import { afterClockSetBack } from '../../core/refresh/clock-set-back.ts'
import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'store' | 'traffic'>

const AT_ONCE = 200
/** Ignores smaller steps, because a token is refreshed well over a minute before it expires. */
const TOLERATED_MS = 60_000

/**
 * Detects that the wall clock was set back, during a run or between two runs. Then all renewable
 * tokens are due for a refresh (`afterClockSetBack`), and all other waits end. A clock that was set
 * forward needs no handling: tokens seem to expire early, and are refreshed.
 */
export class ClockFollower {
  readonly #ports: Needs
  /** The latest time that the wall clock has shown. */
  #latest: Instant

  /** `lastAliveAt`: the heartbeat of the previous run. */
  constructor(ports: Needs, lastAliveAt: Instant | null) {
    this.#ports = ports
    this.#latest = lastAliveAt ?? ports.clock.now()
  }

  /**
   * Returns by how much the clock was set back, or 0. If the store fails, the next call starts
   * again.
   */
  async follow(ending?: AbortSignal): Promise<number> {
    const { clock, store, traffic } = this.#ports
    const now = clock.now()
    const byMs = this.#latest - now
    if (byMs <= TOLERATED_MS) {
      this.#latest = Math.max(this.#latest, now)
      return 0
    }
    traffic.endWaits()
    try {
      await this.#suspectAll(byMs, ending)
      if (ending?.aborted) return byMs
      // This must be the last write, because it sets the heartbeat back. If the process crashes
      // before this write, the next process detects the step again.
      await store.write((trx) => trx.endWaits(clock.now(), byMs))
      this.#latest = clock.now()
    } catch (error) {
      // The store logs its own errors.
      if (!(error instanceof StoreError)) throw error
    }
    return byMs
  }

  async #suspectAll(byMs: number, ending?: AbortSignal): Promise<void> {
    const { clock, store } = this.#ports
    let after: ConnectionId | null = null
    for (;;) {
      if (ending?.aborted) return
      const ids: readonly ConnectionId[] = await store.connectionIds(after, AT_ONCE)
      if (ids.length === 0) return
      const step = { byMs, now: clock.now() }
      await store.write(async (trx) => {
        for (const id of ids) await suspectOne(trx, id, step)
      })
      after = ids.at(-1) ?? null
      await yieldTurn(clock)
    }
  }
}

async function suspectOne(
  trx: Writes,
  id: ConnectionId,
  step: Parameters<typeof afterClockSetBack>[1],
): Promise<void> {
  const connection = await trx.connection(id)
  if (connection !== null && isLive(connection)) {
    // If the row has changed meanwhile, the connection was refreshed after the clock was set back.
    await trx.trySaveConnection(connection, afterClockSetBack(connection, step))
  }
}
