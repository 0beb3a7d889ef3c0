/** A power of two, about twice as many as the cache holds connections. 64 KiB of memory. */
const SLOTS = 2 ** 14

/**
 * Remembers recently noted ids in a fixed amount of memory. It forgets an id when another id takes
 * its slot.
 */
export class RecentIds {
  readonly #slots = new Int32Array(SLOTS)

  /** Notes the id. Returns whether it was noted before and not forgotten since. */
  note(id: string): boolean {
    const hash = hashOf(id)
    const slot = hash & (SLOTS - 1)
    const isKnown = this.#slots[slot] === hash
    this.#slots[slot] = hash
    return isKnown
  }
}

/** FNV-1a. Ids are random, and a collision only caches a connection too early. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash
}
