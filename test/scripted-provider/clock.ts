/**
 * This machine's monotonic clock in milliseconds. All processes share it, whatever their wall clocks
 * show, so that their observations can be ordered.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The provider's own time: real time plus the time that a test has skipped. */
export class ProviderClock {
  #advancedMs = 0

  now(): number {
    return monotonicMs() + this.#advancedMs
  }

  wall(): number {
    return Date.now() + this.#advancedMs
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('the provider’s time does not go back')
    this.#advancedMs += ms
  }
}
