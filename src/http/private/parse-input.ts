import type { z } from 'zod'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { plainNumber } from '../../core/base/json.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { Endpoint, Input } from './endpoint.ts'
import { WHOLE_BODY } from '../read-body.ts'

/**
 * A request before parsing: path segments are still percent-encoded, and the query is one string.
 */
export type RawInput = {
  readonly segments: readonly string[]
  readonly querystring: string
  readonly body: unknown
}

const MOST_ERRORS = 50
const LONGEST_NAME = 200

/**
 * Parses a request with the shapes of its endpoint. One error lists every bad field. If there is a
 * malformed field, `problems` checks the others.
 */
export function parseInput(
  endpoint: Endpoint,
  raw: RawInput,
  problems: (given: Omit<Input, 'query'>) => readonly FieldError[],
): Input {
  const errors: FieldError[] = []
  const params = check('path', endpoint.params, decodePath(endpoint, raw.segments, errors))
  const query =
    raw.querystring === ''
      ? checkNothing('query', endpoint.query)
      : check('query', endpoint.query, decodeQuery(raw.querystring, errors))
  const body =
    raw.body === undefined
      ? checkNothing('body', endpoint.body)
      : check('body', endpoint.body, withPlainFields(raw.body ?? {}))
  errors.push(...params.errors, ...query.errors, ...body.errors)
  if (errors.length > 0) {
    errors.push(...problems({ params: params.fields, body: body.fields }))
    throw new VaultError('invalid_request', 'some fields of the request are not valid', {
      errors: onePerField(errors).slice(0, MOST_ERRORS),
    })
  }
  return { params: params.fields, query: query.fields, body: body.fields }
}

/** Parses one item of a batch. An error names the fields of the item. */
export function parseBody<T extends z.ZodObject>(
  shape: T,
  value: unknown,
  problems: (given: Partial<z.output<T>>) => readonly FieldError[],
): z.output<T> {
  const { fields, errors } = check('body', shape, withPlainFields(value))
  if (errors.length === 0) return fields as z.output<T>
  const all = [...errors, ...problems(fields as Partial<z.output<T>>)]
  throw new VaultError('invalid_request', 'some fields are not valid', {
    errors: onePerField(all).slice(0, MOST_ERRORS),
  })
}

type Fields = Readonly<Record<string, unknown>>
type Checked = { readonly fields: Fields; readonly errors: readonly FieldError[] }

const ofNothing = new WeakMap<z.ZodObject, Checked>()

/** The result for an absent query or body. It is always the same, so it is computed once. */
function checkNothing(place: FieldError['in'], shape: z.ZodObject): Checked {
  const known = ofNothing.get(shape)
  if (known !== undefined) return known
  const checked = check(place, shape, {})
  ofNothing.set(shape, checked)
  return checked
}

function check(place: FieldError['in'], shape: z.ZodObject, given: unknown): Checked {
  const parsed = shape.safeParse(given, { error: describeIssue })
  if (parsed.success) return { fields: parsed.data, errors: [] }
  return {
    fields: rightFields(shape, given),
    errors: parsed.error.issues.flatMap((issue) => fieldErrors(place, issue)),
  }
}

/** Returns only the well-formed fields. */
function rightFields(shape: z.ZodObject, given: unknown): Fields {
  if (!isRecord(given)) return {}
  const parsed = Object.entries(shape.shape).flatMap(([name, field]) => {
    const result = (field as z.ZodType).safeParse(given[name])
    return result.success ? [[name, result.data] as const] : []
  })
  return Object.fromEntries(parsed)
}

/**
 * Converts numbers in top-level fields to JavaScript numbers. Numbers nested deeper keep their
 * exact digits.
 */
function withPlainFields(value: unknown): unknown {
  if (!isRecord(value)) return plainNumber(value)
  const fields = Object.entries(value).map(([name, field]) => [name, plainNumber(field)] as const)
  return Object.assign(noFields(), Object.fromEntries(fields))
}

function fieldErrors(place: FieldError['in'], issue: z.core.$ZodIssue): FieldError[] {
  const at = (path: readonly PropertyKey[], detail: string): FieldError => ({
    in: place,
    name: nameOf(place, path),
    detail,
  })
  if (issue.code !== 'unrecognized_keys') return [at(issue.path, issue.message)]
  return issue.keys.map((key) => at([...issue.path, key], 'there is no such field'))
}

/** The name of a bad field for the error. Never empty. */
function nameOf(place: FieldError['in'], path: readonly PropertyKey[]): string {
  if (path.length === 0) return place === 'body' ? WHOLE_BODY : place
  return path
    .map((part) => shownName(String(part)))
    .join('.')
    .slice(0, LONGEST_NAME)
}

function shownName(name: string): string {
  return name === '' ? '""' : name
}

/** Replaces zod's messages, which may quote a value. */
function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input == null ? 'is required' : `must be of type ${issue.expected}`
    case 'too_small':
      return `must be ${bound(issue.origin, 'at least', issue.minimum)}`
    case 'too_big':
      return `must be ${bound(issue.origin, 'at most', issue.maximum)}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    default:
      return 'does not have the right form'
  }
}

function bound(origin: string, direction: string, limit: number | bigint): string {
  const unit: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }
  return `${direction} ${limit}${unit[origin] ?? ''}`
}

function onePerField(errors: readonly FieldError[]): FieldError[] {
  return [
    ...new Map(errors.toReversed().map((e) => [`${e.in} ${e.name}`, e])).values(),
  ].toReversed()
}

function decodePath(endpoint: Endpoint, segments: readonly string[], errors: FieldError[]): Fields {
  const fields = noFields()
  for (const [index, name] of endpoint.paramNames.entries()) {
    const value = decode(segments[index] ?? '')
    if (value === null) errors.push({ in: 'path', name, detail: BAD_ENCODING })
    fields[name] = value ?? ''
  }
  return fields
}

/** Reports repeated names and bad encoding, which `URLSearchParams` would accept silently. */
function decodeQuery(querystring: string, errors: FieldError[]): Fields {
  const fields = noFields()
  for (const pair of querystring.replaceAll('+', ' ').split('&')) {
    if (pair === '') continue
    const [raw = '', ...rest] = pair.split('=')
    const [name, value] = [decode(raw), decode(rest.join('='))]
    const fault = name === null || value === null ? BAD_ENCODING : 'is given more than once'
    if (name === null || value === null || name in fields) {
      const shown = shownName((name ?? raw).slice(0, LONGEST_NAME))
      errors.push({ in: 'query', name: shown, detail: fault })
    }
    if (name !== null) fields[name] = value ?? ''
  }
  return fields
}

const BAD_ENCODING = 'must be percent-encoded UTF-8'

function decode(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** An object without a prototype, so that `__proto__` is an ordinary name. */
function noFields(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}
