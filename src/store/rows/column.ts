import type { Instant } from '../../core/base/ids.ts'

/**
 * Readers never throw. For any value in a damaged file they return a value of the right type, so
 * that one bad row cannot break a list. Values that must be correct are sealed.
 */

/** The latest time that a `Date` can represent. */
const LAST_INSTANT = 8.64e15

export function readInstant(value: unknown): Instant | null {
  return typeof value === 'number' && Math.abs(value) <= LAST_INSTANT ? Math.trunc(value) : null
}

/** Reads a `not null` column. */
export function readTime(value: unknown): Instant {
  return readInstant(value) ?? 0
}

export function readCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

export function readText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function readTextOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Returns an empty blob, which never opens, if the value is not bytes. */
export function readBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

export function readList(value: unknown): readonly string[] {
  try {
    const list: unknown = JSON.parse(readText(value))
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
  } catch {
    return []
  }
}

/**
 * Rounds to whole milliseconds, because the column is a bigint. Limits the value to the range of
 * `Date`.
 */
export function writeInstant(instant: Instant): Instant {
  return Math.round(Math.min(LAST_INSTANT, Math.max(-LAST_INSTANT, instant)))
}

/** Returns null if the value is not a number. */
export function writeInstantOrNull(instant: Instant | null): Instant | null {
  return instant === null || Number.isNaN(instant) ? null : writeInstant(instant)
}
