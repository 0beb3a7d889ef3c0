/**
 * Limits a rate by counting: time adds tokens up to a capacity, and each start takes one. So a
 * start waits for a timer only if the bucket is empty. Use monotonic times.
 */
export class TokenBucket {
  readonly #msPerToken: number
  readonly #capacity: number
  #tokens: number
  #filledAt: number

  constructor(limit: { readonly msPerToken: number; readonly capacity: number }, now: number) {
    this.#msPerToken = limit.msPerToken
    this.#capacity = limit.capacity
    this.#tokens = limit.capacity
    this.#filledAt = now
  }

  isFull(now: number): boolean {
    this.#fill(now)
    return this.#tokens === this.#capacity
  }

  /** Takes a token and returns 0. If there is none, returns the milliseconds until the next one. */
  take(now: number): number {
    this.#fill(now)
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * this.#msPerToken)
    this.#tokens--
    return 0
  }

  #fill(now: number): void {
    const earned = (now - this.#filledAt) / this.#msPerToken
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned)
    this.#filledAt = now
  }
}
