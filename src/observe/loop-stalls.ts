import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
/** Above this, the process does more in a second than the ticks of an idle schedule. */
const BUSY_MS = 50

/**
 * Measures the longest stall of the event loop. Its timer of 20 ms runs only while the process is
 * busy, because an idle process spends more on these wake-ups than on all else. While it is idle,
 * only a stall that delays a tick of the schedule is measured.
 */
export class LoopStalls {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #use = performance.eventLoopUtilization()
  #latestTickMs = 0

  constructor() {
    this.#delays.enable()
  }

  /** Call at each tick of the schedule. */
  noteTick(lateMs: number): void {
    this.#latestTickMs = Math.max(this.#latestTickMs, lateMs)
    const use = performance.eventLoopUtilization()
    const busyMs = use.active - this.#use.active
    this.#use = use
    if (busyMs > BUSY_MS) this.#delays.enable()
    else this.#delays.disable()
  }

  /** Returns the longest stall since the last call. */
  takeLongestMs(): number {
    const timerMs = Number.isFinite(this.#delays.max) ? this.#delays.max / 1e6 - RESOLUTION_MS : 0
    const longestMs = Math.max(0, timerMs, this.#latestTickMs)
    this.#delays.reset()
    this.#latestTickMs = 0
    return longestMs
  }
}
