import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../src/ports/ports.ts'

/** A clock on real time with shorter waits. `shift` sets the wall clock, `pass` moves both clocks. */
export class ShiftedClock implements Clock {
  readonly #speed: number
  #wall = 0
  #passed = 0

  /** Waits are shorter by the factor `speed`. */
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

  /** Sets the wall clock. */
  shift(ms: number): void {
    this.#wall += ms
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#passed += ms
  }
}
