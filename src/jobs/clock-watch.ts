import type { Clock } from '../ports/ports.ts'

const TOLERATED_MS = 2_000

/** Tells when the wall clock was set: when it and the monotonic one no longer agree on how long it has been. */
export class ClockWatch {
  readonly #clock: Clock
  #offset: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offset = clock.now() - clock.monotonic()
  }

  /** Milliseconds that the wall clock jumped since it was last asked; 0 for none worth speaking of. */
  steppedBy(): number {
    const offset = this.#clock.now() - this.#clock.monotonic()
    const byMs = Math.round(offset - this.#offset)
    if (Math.abs(byMs) <= TOLERATED_MS) return 0
    this.#offset = offset
    return byMs
  }
}
