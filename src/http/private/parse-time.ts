/**
 * Smaller numbers are read as seconds, others as milliseconds. In seconds, this number is in the
 * year 5138; in milliseconds, in 1973.
 */
const MILLISECONDS_FROM = 100_000_000_000
/** The last instant whose year has four digits. */
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

const DATE = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`
const TIME = String.raw`(?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)`
/** Postgres writes `+00`; Ruby writes `+0000` and `UTC`. */
const ZONE = String.raw`(?:(?<utc> ?(?:Z|UTC))| ?(?<hours>[+-]\d\d)(?::?(?<minutes>\d\d))?)`
const TEXT_TIME = new RegExp(`^${DATE}(?:(?<separator>[T ])${TIME}${ZONE}?)?$`, 'i')

const EXAMPLE = 'such as 2026-11-30T12:00:00Z or 2026-11-30 12:00:00+00'
export const NOT_A_TIME = `must be a time ${EXAMPLE}, or seconds or milliseconds since 1970`
const NO_ZONE = `has no time zone, so it may be hours off: write it ${EXAMPLE}`
const NO_SUCH_TIME = `is no day or time of the calendar; a time is written ${EXAMPLE}`
const OUT_OF_RANGE = 'must lie between the years 1970 and 9999'

export type ParsedTime = { readonly at: number } | { readonly flaw: string }

/**
 * Parses ISO 8601 (UTC if no zone is given), a time with a zone as databases print it, or seconds
 * or milliseconds since 1970. Refuses a time with a space but no zone: databases print such times
 * in the zone of the session, which is unknown.
 */
export function parseTime(value: string | number): ParsedTime {
  if (typeof value === 'number') return inRange(fromEpoch(value))
  if (/^\d{1,16}(?:\.\d{1,9})?$/.test(value)) return inRange(fromEpoch(Number(value)))
  const groups = TEXT_TIME.exec(value)?.groups
  if (groups === undefined) return { flaw: NOT_A_TIME }
  const { year, month, day, separator, time, utc, hours, minutes = '00' } = groups
  const hasZone = utc !== undefined || hours !== undefined
  if (separator === ' ' && !hasZone) return { flaw: NO_ZONE }
  // `Date.parse` reads the 30th of February as the 2nd of March.
  if (Number(day) > daysIn(Number(year), Number(month))) return { flaw: NO_SUCH_TIME }
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`
  const at = Date.parse(`${year}-${month}-${day}T${time ?? '00:00'}${zone}`)
  return Number.isNaN(at) ? { flaw: NO_SUCH_TIME } : inRange(at)
}

function inRange(at: number): ParsedTime {
  return at >= 0 && at <= LAST_INSTANT ? { at } : { flaw: OUT_OF_RANGE }
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function fromEpoch(value: number): number {
  return Math.round(value < MILLISECONDS_FROM ? value * 1000 : value)
}
