import { z } from 'zod'
import { type Credentials, isPassword, isUsername } from '../../core/connection/credentials.ts'
import type { ProviderId, UserId } from '../../core/base/ids.ts'
import { isRecord } from '../../core/base/json-path.ts'
import { Secret } from '../../core/base/secret.ts'
import { NOT_A_TIME, parseTime } from './parse-time.ts'
import { jsonFlaw } from './parse-value.ts'

// Shapes of the values that callers send. In a body, null is the same as an absent field.

/** Makes a shape optional: an absent value becomes null. */
export function maybe<T extends z.ZodType>(shape: T) {
  return shape.nullish().transform((value) => (value ?? null) as z.output<T> | null)
}

export function otherwise<T extends z.ZodType>(shape: T, value: z.output<T>) {
  return shape
    .nullish()
    .transform((given) => given ?? value)
    .meta({ default: value })
}

/**
 * Text that every database stores unchanged. Lone surrogates are refused, because two ids with
 * different lone surrogates would be stored as the same text. The length is in characters, as in
 * JSON Schema, not in UTF-16 units.
 */
export function text(shortest: 0 | 1, longest: number) {
  return z
    .string()
    .superRefine((value, ctx) => {
      // Counting characters is slow. A text never has more characters than UTF-16 units.
      const isLong = value.length > longest && Array.from(value).length > longest
      const fault =
        isLong || value.length < shortest
          ? `must have ${shortest} to ${longest} characters`
          : jsonFlaw(value, 0)
      if (fault !== null) ctx.addIssue({ code: 'custom', message: fault })
    })
    .meta({ minLength: shortest, maxLength: longest })
}

/**
 * Whether the id is `.` or `..`. URL parsers remove such path segments, even if percent-encoded, so
 * no client could request a user with this id.
 */
export function isDotSegment(id: string): boolean {
  return id === '.' || id === '..'
}

export const userId = text(1, 256)
  .refine((value) => !isDotSegment(value), 'must not be . or ..: no path can name it')
  .transform((value) => value as UserId)
  .describe("The app's own id of the user. It must not be `.` or `..`.")

export const providerId = text(1, 64)
  .transform((value) => value as ProviderId)
  .describe('The id of a configured provider.')

/** An id that Larder generates. An id in another form is reported as not found. */
export const anyId = text(1, 64)

export const label = text(1, 256).describe('Distinguishes connections of one user.')

export const email = text(1, 256)

/** An email address that the provider's page or the connect page shows. */
export const emailAddress = email.regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')

/** Visible ASCII and space: what RFC 6749 Appendix A allows in tokens, client ids and secrets. */
const visibleText = text(1, 32_768).regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')

export const secretText = visibleText.transform((value) => new Secret(value))

export const client = z
  .strictObject({ id: visibleText, secret: maybe(secretText) })
  .describe('An OAuth client of your own, in place of the configured one.')

const username = text(1, 256).refine(isUsername, 'must hold no colon and no control character')

const password = text(1, 1024)
  .refine(isPassword, 'must hold no control character')
  .transform((value) => new Secret(value))

/** The key is sent in a header unchanged. */
const apiKey = text(1, 4096)
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')
  .transform((value) => new Secret(value))

export const credentials = z
  .strictObject({ username: maybe(username), password: maybe(password), apiKey: maybe(apiKey) })
  .transform((given, ctx): Credentials => {
    const { username: user, password: secret, apiKey: key } = given
    if (key !== null && user === null && secret === null) return { kind: 'api_key', apiKey: key }
    if (key === null && user !== null && secret !== null) {
      return { kind: 'basic', username: user, password: secret }
    }
    ctx.addIssue({ code: 'custom', message: 'must be username and password, or an apiKey' })
    return z.NEVER
  })
  .describe("The user's own credentials, for providers that connect by credentials.")

/** Allows more than RFC 6749 §3.3, because the scopes of some providers contain quotes. */
export const scope = z
  .array(text(1, 512).regex(/^[\x21-\x7e]*$/, 'must be one scope: ASCII without spaces'))
  .max(200)

export const providerParams = z
  .record(text(1, 64), text(1, 512).nullish())
  .transform((values) => {
    const given = Object.entries(values).filter((entry): entry is [string, string] => !!entry[1])
    return Object.fromEntries(given)
  })
  .describe('Parameters that the provider declares, such as a tenant.')

export const absoluteUrl = text(1, 2048)
  .refine((value) => !/\s/.test(value) && URL.canParse(value), 'must be an absolute URL')
  .meta({ format: 'uri' })

const LONGEST_METADATA = 16 * 1024
const DEEPEST_METADATA = 16

/** JSON of the host app, returned exactly as it was stored. */
export const metadata = z
  .custom<Readonly<Record<string, unknown>>>(isRecord, 'must be an object')
  .superRefine((value, ctx) => {
    const flaw = jsonFlaw(value, DEEPEST_METADATA)
    const tooLong = flaw === null && JSON.stringify(value).length > LONGEST_METADATA
    const message = tooLong ? `must be at most ${LONGEST_METADATA} characters of JSON` : flaw
    if (message !== null) ctx.addIssue({ code: 'custom', message })
  })
  .meta({ type: 'object', additionalProperties: true })

export const instant = z
  .union([z.string(), z.number()], NOT_A_TIME)
  .transform(toInstant)
  .describe(
    'ISO 8601, a time with a zone as databases print it, or seconds or milliseconds since 1970.',
  )

/** An instant in a query, where every value is text. */
export const instantText = z.string().transform(toInstant)

function toInstant(value: string | number, ctx: z.RefinementCtx): number {
  const parsed = parseTime(value)
  if ('at' in parsed) return parsed.at
  ctx.addIssue({ code: 'custom', message: parsed.flaw })
  return z.NEVER
}

/** An optional query value with a default. A query cannot contain null. */
export function queryDefault<T extends z.ZodType>(shape: T, value: z.output<T>) {
  return shape
    .optional()
    .transform((given) => given ?? value)
    .meta({ default: value })
}

/** A whole number in a query. */
export function wholeNumber(least: number, most: number) {
  return z
    .string()
    .transform((value, ctx) => {
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
      if (number >= least && number <= most) return number
      const message = `must be a whole number from ${least} to ${most}`
      ctx.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .meta({ type: 'integer', minimum: least, maximum: most })
}

/** `true` or `false` in a query. */
export const flag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .meta({ type: 'boolean', enum: [true, false] })

/**
 * Adds a rule about several fields. The rule is checked even if other fields are malformed; by
 * default, zod checks such a rule only if every field is well-formed.
 */
export function withRule<T extends z.ZodObject>(
  body: T,
  rule: {
    readonly field: string
    readonly detail: string
    readonly holds: (given: Readonly<Record<string, unknown>>) => boolean
  },
): T {
  return body.refine((value) => rule.holds(value), {
    path: [rule.field],
    error: rule.detail,
    when: ({ value }) => isRecord(value),
  })
}
