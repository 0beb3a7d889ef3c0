import { isExactNumber } from '../core/json.ts'

/** Below it a number is taken for seconds: it is the year 5138 in these, 1973 in milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000
/** The last that is written with a year of four digits. */
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/

/** ISO 8601 (UTC where no zone is given), or seconds or milliseconds since 1970. Null: neither. */
export function parseInstant(value: string | number): number | null {
  const parsed = typeof value === 'number' ? fromEpoch(value) : parseTimeText(value)
  return parsed >= 0 && parsed <= LAST_INSTANT ? parsed : null
}

function parseTimeText(value: string): number {
  if (/^\d{1,16}(?:\.\d{1,9})?$/.test(value)) return fromEpoch(Number(value))
  const iso = ISO_TIME.exec(value)
  // Date.parse takes the 30th of February for the 2nd of March.
  if (iso === null || Number(iso[3]) > daysIn(Number(iso[1]), Number(iso[2]))) return Number.NaN
  return Date.parse(value.includes('T') && iso[4] === undefined ? `${value}Z` : value)
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function fromEpoch(value: number): number {
  return Math.round(value < MILLISECONDS_FROM ? value * 1000 : value)
}

/**
 * What keeps a value from being stored and read back as it is, or null. `depth`: how many objects
 * and arrays may lie in each other.
 */
export function jsonFlaw(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textFlaw(value)
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return null
  if (depth === 0) return 'is nested too deep'
  for (const [name, inner] of Object.entries(value)) {
    // JSON.parse makes it a property; any later copy would make it the prototype, or lose it.
    if (name === '__proto__') return 'must not hold the name __proto__'
    const flaw = textFlaw(name) ?? jsonFlaw(inner, depth - 1)
    if (flaw !== null) return flaw
  }
  return null
}

function textFlaw(value: string): string | null {
  return value.isWellFormed() && !value.includes('\0')
    ? null
    : 'must be well-formed Unicode without NUL'
}
