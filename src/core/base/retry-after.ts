import type { Instant } from './ids.ts'

const SHORTEST_MS = 1_000
const LONGEST_MS = 3_600_000
/** RFC 9110 §5.6.7; the two obsolete forms are not sent by anybody any more. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * `Retry-After` (RFC 9110 §10.2.3) in milliseconds, at least a second and at most an hour; null where
 * there is none or it is neither seconds nor a date. `now`: the `Date` of the same answer, else ours.
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
