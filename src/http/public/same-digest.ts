import { hash, timingSafeEqual } from 'node:crypto'

/** Compares two texts of any length in constant time. */
export function sameDigest(given: string | null, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given ?? '', 'buffer'), hash('sha256', expected, 'buffer'))
}
