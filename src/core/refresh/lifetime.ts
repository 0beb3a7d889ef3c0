import type { Instant } from '../base/ids.ts'
import { plainNumber } from '../base/json.ts'

/** Longer than the lifetime of any real token. Keeps dates and timers in range. */
const LONGEST_SECONDS = 400 * 86_400

/** How a provider states a lifetime: as a duration (`seconds`), or as the expiry time. */
export type LifetimeUnit = 'seconds' | 'epoch' | 'iso'

type Clock = { readonly sentAt: Instant; readonly providerNow: Instant | null }

/**
 * Returns the lifetime from `sentAt` in whole seconds, rounded down: 0 if the expiry has passed,
 * null if `value` is unreadable. Compares an expiry time with the provider's clock if that clock is
 * known.
 */
export function lifetimeSeconds(value: unknown, unit: LifetimeUnit, clock: Clock): number | null {
  const seconds = secondsLeft(value, unit, clock)
  return seconds === null ? null : Math.min(LONGEST_SECONDS, Math.max(0, Math.floor(seconds)))
}

/** Seconds from `sentAt`. `never`: the provider says that the token does not expire. */
export type RefreshTokenLife = number | 'never'

/** A token with a longer lifetime is treated as one that never expires. */
const ENDLESS_SECONDS = 10 * 365 * 86_400

/**
 * No provider issues an expired refresh token: 0, a negative number or a date in 1970 means
 * "never". Null if the value is unreadable, or is an expiry time that has just passed.
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

/**
 * Whether the expiry is in 1970 or earlier. Providers send such a date, or zero, to mean "none".
 */
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

/** Reads `value` as seconds, or as milliseconds if seconds would give a year after 5000. */
function epochMs(value: number | null): Instant | null {
  if (value === null) return null
  return Math.abs(value) > 95_617_584_000 ? value : value * 1000
}

function isoMs(value: unknown): Instant | null {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(value)) return null
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? null : ms
}
