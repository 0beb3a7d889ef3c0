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

  /** Returns 0 if there is a token. */
  msUntilToken(now: number): number {
    this.#fill(now)
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * this.#msPerToken)
  }

  /** Call when there is a token: at once, or after the wait for it. */
  take(now: number): void {
    this.#fill(now)
    this.#tokens = Math.max(0, this.#tokens - 1)
  }

  #fill(now: number): void {
    const earned = (now - this.#filledAt) / this.#msPerToken
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned)
    this.#filledAt = now
  }
}
