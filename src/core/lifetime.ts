import type { Instant } from './ids.ts'
import { plainNumber } from './json.ts'

/** Longer than any real token lives; keeps dates representable and timers sane. */
const LONGEST_SECONDS = 400 * 86_400

/** How a provider writes a lifetime: a duration, or the moment of its end. */
export type LifetimeUnit = 'seconds' | 'epoch' | 'iso'

/**
 * Whole seconds from `sentAt`: numbers and numeric text, rounded down; what has ended is 0; null for
 * anything that is no number. An end is held against the provider's own clock where it told it.
 */
export function lifetimeSeconds(
  value: unknown,
  unit: LifetimeUnit,
  clock: { readonly sentAt: Instant; readonly providerNow: Instant | null },
): number | null {
  if (unit === 'seconds') return clamped(asNumber(value))
  const end = unit === 'epoch' ? epochMs(asNumber(value)) : isoMs(value)
  return end === null ? null : clamped((end - (clock.providerNow ?? clock.sentAt)) / 1000)
}

function clamped(seconds: number | null): number | null {
  if (seconds === null) return null
  return Math.min(LONGEST_SECONDS, Math.max(0, Math.floor(seconds)))
}

function asNumber(value: unknown): number | null {
  if (typeof value === 'string' && /^\s*-?\d{1,15}(\.\d{1,9})?\s*$/.test(value)) {
    return Number(value)
  }
  const number = plainNumber(value)
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** Seconds, or milliseconds where seconds would lie beyond the year 5000. */
function epochMs(value: number | null): Instant | null {
  if (value === null) return null
  return Math.abs(value) > 95_617_584_000 ? value : value * 1000
}

function isoMs(value: unknown): Instant | null {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(value)) return null
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? null : ms
}
