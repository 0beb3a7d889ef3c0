import type { Clock } from '../ports/ports.ts'

const TOLERATED_MS = 2_000

/** Compares the wall clock with the monotonic clock to detect that somebody set the wall clock. */
export class ClockWatch {
  readonly #clock: Clock
  #offset: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offset = clock.now() - clock.monotonic()
  }

  /** Returns how far the wall clock was set since the last call; 0 below the tolerance. */
  steppedBy(): number {
    const offset = this.#clock.now() - this.#clock.monotonic()
    const byMs = Math.round(offset - this.#offset)
    if (Math.abs(byMs) <= TOLERATED_MS) return 0
    this.#offset = offset
    return byMs
  }
}
