import { hash, timingSafeEqual } from 'node:crypto'

/** Compares in constant time, for any lengths. */
export function sameDigest(given: string | null, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given ?? '', 'buffer'), hash('sha256', expected, 'buffer'))
}
