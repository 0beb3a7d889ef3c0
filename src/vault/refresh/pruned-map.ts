const LEAST = 64

/** A map whose keys come from callers. Each time its size doubles, it removes the idle entries. */
export class PrunedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #isIdle: (value: V, key: K) => boolean
  #pruneAt = LEAST

  constructor(isIdle: (value: V, key: K) => boolean) {
    this.#isIdle = isIdle
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    if (!this.#entries.has(key) && this.#entries.size >= this.#pruneAt) this.#prune()
    this.#entries.set(key, value)
  }

  values(): readonly V[] {
    return [...this.#entries.values()]
  }

  #prune(): void {
    for (const [key, value] of this.#entries) {
      if (this.#isIdle(value, key)) this.#entries.delete(key)
    }
    this.#pruneAt = Math.max(LEAST, 2 * this.#entries.size)
  }
}
