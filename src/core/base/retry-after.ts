import type { Instant } from './ids.ts'

const SHORTEST_MS = 1_000
const LONGEST_MS = 3_600_000
/** RFC 9110 §5.6.7, without the two obsolete forms. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * `Retry-After` (RFC 9110 §10.2.3) in milliseconds, limited to between a second and an hour. Null
 * if the header is absent or invalid. `now`: the `Date` of the same answer, or else Larder's time.
 */
export function retryAfterMs(header: string | null, now: Instant): number | null {
  const text = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return clamped(Number(text) * 1000)
  const date = httpDate(text)
  return date === null ? null : clamped(date - now)
}

export function httpDate(text: string | null): Instant | null {
  if (text === null || !HTTP_DATE.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}

function clamped(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.ceil(ms)))
}
