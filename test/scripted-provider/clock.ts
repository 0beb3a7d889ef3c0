/**
 * Milliseconds of this machine's monotonic clock: the same in all of its processes, whatever is done
 * to anybody's wall clock, so that what two processes saw can be put in order.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The provider's own time: real time, and what it was told to skip. */
export class ProviderClock {
  #advancedMs = 0

  now(): number {
    return monotonicMs() + this.#advancedMs
  }

  wall(): number {
    return Date.now() + this.#advancedMs
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a provider does not go back in time')
    this.#advancedMs += ms
  }
}
