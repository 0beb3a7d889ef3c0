import type { Instant } from '../base/ids.ts'
import { plainNumber } from '../base/json.ts'

/** Longer than any real token lives; keeps dates and timers in range. */
const LONGEST_SECONDS = 400 * 86_400

/** How a provider states a lifetime: as a duration, or as the time of the end. */
export type LifetimeUnit = 'seconds' | 'epoch' | 'iso'

type Clock = { readonly sentAt: Instant; readonly providerNow: Instant | null }

/**
 * Whole seconds from `sentAt`, rounded down, and 0 for a past end; null for anything but a number or
 * numeric text. An end is compared with the clock of the provider if its time is known.
 */
export function lifetimeSeconds(value: unknown, unit: LifetimeUnit, clock: Clock): number | null {
  const seconds = secondsLeft(value, unit, clock)
  return seconds === null ? null : Math.min(LONGEST_SECONDS, Math.max(0, Math.floor(seconds)))
}

/** Seconds from `sentAt`; `never` if the provider says that there is no end. */
export type RefreshTokenLife = number | 'never'

/** A longer lifetime means that there is no end. */
const ENDLESS_SECONDS = 10 * 365 * 86_400

/**
 * No refresh token has expired when it is issued: providers write 0, a negative number or a date in 1970
 * for "never". Null if the value says nothing, such as an end that has just passed by another clock.
 */
export function refreshTokenLife(
  value: unknown,
  unit: LifetimeUnit,
  clock: Clock,
): RefreshTokenLife | null {
  if (typeof value === 'string' && NEVER.test(value.trim())) return 'never'
  const seconds = secondsLeft(value, unit, clock)
  if (seconds === null) return null
  const isNever = unit === 'seconds' ? seconds <= 0 : isBeforeTime(seconds, clock)
  if (isNever || seconds > ENDLESS_SECONDS) return 'never'
  return seconds < 1 ? null : Math.floor(seconds)
}

const NEVER = /^(?:never|none|no|unlimited|infinite|infinity|forever|endless|indefinite(?:ly)?)$/i

/** 1970 or earlier: zero, or a date that means none. */
function isBeforeTime(seconds: number, { sentAt, providerNow }: Clock): boolean {
  return (providerNow ?? sentAt) + seconds * 1000 < YEAR_MS
}

const YEAR_MS = 365 * 86_400_000

function secondsLeft(value: unknown, unit: LifetimeUnit, clock: Clock): number | null {
  if (unit === 'seconds') return asNumber(value)
  const end = unit === 'epoch' ? epochMs(asNumber(value)) : isoMs(value)
  return end === null ? null : (end - (clock.providerNow ?? clock.sentAt)) / 1000
}

function asNumber(value: unknown): number | null {
  if (typeof value === 'string' && /^\s*-?\d{1,15}(\.\d{1,9})?\s*$/.test(value)) {
    return Number(value)
  }
  const number = plainNumber(value)
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** Seconds; milliseconds if seconds would be beyond the year 5000. */
function epochMs(value: number | null): Instant | null {
  if (value === null) return null
  return Math.abs(value) > 95_617_584_000 ? value : value * 1000
}

function isoMs(value: unknown): Instant | null {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(value)) return null
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? null : ms
}
