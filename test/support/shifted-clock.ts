import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../src/ports/ports.ts'

/** Real time that can be set and whose waits are shorter: `shift` moves the wall, `pass` both clocks. */
export class ShiftedClock implements Clock {
  readonly #speed: number
  #wall = 0
  #passed = 0

  /** `speed`: how many times shorter a wait is than what was asked for. */
  constructor(speed = 20) {
    this.#speed = speed
  }

  now(): number {
    return Math.round(Date.now() + this.#wall + this.#passed)
  }

  monotonic(): number {
    return performance.now() + this.#passed
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await wait(ms / this.#speed, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if (!signal?.aborted) throw error
    }
  }

  /** As if somebody set the clock on the wall. */
  shift(ms: number): void {
    this.#wall += ms
  }

  /** As if so much time had gone by. */
  pass(ms: number): void {
    this.#passed += ms
  }
}
