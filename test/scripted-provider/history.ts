/** A list that keeps only its newest entries, each under its original index. */
export class History<T> {
  #kept: T[] = []
  #dropped = 0
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#dropped + this.#kept.length
  }

  get dropped(): number {
    return this.#dropped
  }

  get kept(): readonly T[] {
    return this.#kept
  }

  push(entry: T): number {
    this.#kept.push(entry)
    if (this.#kept.length >= 2 * this.#limit) {
      const surplus = this.#kept.length - this.#limit
      this.#kept = this.#kept.slice(surplus)
      this.#dropped += surplus
    }
    return this.length - 1
  }

  at(index: number): T | undefined {
    return this.#kept[index - this.#dropped]
  }
}
