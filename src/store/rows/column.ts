import type { Instant } from '../../core/base/ids.ts'

/*
 * Readers are total: whatever a damaged file holds in a column, they answer something of the right
 * type, so that one bad row cannot fail a listing. What must not be wrong is sealed, not read here.
 */

/** The furthest instant that has a date. */
const LAST_INSTANT = 8.64e15

export function readInstant(value: unknown): Instant | null {
  return typeof value === 'number' && Math.abs(value) <= LAST_INSTANT ? Math.trunc(value) : null
}

/** For columns that are never null. */
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

/** Nothing opens that is empty. */
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

/** Whole milliseconds that have a date: a bigint column takes nothing else. */
export function writeInstant(instant: Instant): Instant {
  return Math.round(Math.min(LAST_INSTANT, Math.max(-LAST_INSTANT, instant)))
}

/** What is not a number is no instant. */
export function writeInstantOrNull(instant: Instant | null): Instant | null {
  return instant === null || Number.isNaN(instant) ? null : writeInstant(instant)
}
