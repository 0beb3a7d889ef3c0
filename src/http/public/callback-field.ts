import { z } from 'zod'
import { LONGEST_CALLBACK } from './callback-size.ts'
import { maybe, text } from '../private/fields.ts'

export type CallbackParams = ReadonlyMap<string, string>

/**
 * These parameters may not occur twice (RFC 6749 §3.1), because an attacker could add a second
 * value.
 */
const MAY_NOT_REPEAT = ['state', 'code', 'iss', 'error']

/** Returns the name of a protocol parameter that occurs twice. */
export function repeated(pairs: readonly (readonly [string, string])[]): string | undefined {
  const names = pairs.map(([name]) => name)
  return MAY_NOT_REPEAT.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
}

/** Returns the first value of each parameter. */
export function firstOfEach(pairs: readonly (readonly [string, string])[]): CallbackParams {
  const params = new Map<string, string>()
  for (const [name, value] of pairs) if (!params.has(name)) params.set(name, value)
  return params
}

const paramValue = text(0, LONGEST_CALLBACK)

const given = z.union(
  [
    text(1, LONGEST_CALLBACK + 2048),
    z.record(text(1, 256), z.union([paramValue, z.array(paramValue)]).nullish()),
  ],
  'must be the URL that was called, or its parameters as texts',
)

/** A callback that the host app received: the URL, the query, the posted form, or their fields. */
export const callback = maybe(
  given.transform((came, ctx): CallbackParams => {
    const pairs = typeof came === 'string' ? pairsOfUrl(came) : pairsOfFields(came)
    const twice = repeated(pairs)
    const params = firstOfEach(pairs)
    const refuse = (name: string, message: string): void =>
      ctx.addIssue({ code: 'custom', path: name === '' ? [] : [name], message })
    if (lengthOf(pairs) > LONGEST_CALLBACK)
      refuse('', `must have at most ${LONGEST_CALLBACK} bytes`)
    if (twice !== undefined) refuse(twice, 'is given more than once')
    if (!params.get('state')) refuse('state', 'is required')
    if (!params.get('code') && !params.get('error')) {
      refuse('code', 'is required without error')
    }
    return params
  }),
).describe(
  'The URL to which the provider sent the user, or its parameters, complete and unchanged.',
)

function pairsOfUrl(value: string): readonly (readonly [string, string])[] {
  const [address = ''] = value.split('#')
  const start = address.indexOf('?')
  return [...new URLSearchParams(start === -1 ? address : address.slice(start + 1))]
}

function pairsOfFields(
  fields: Readonly<Record<string, string | readonly string[] | null | undefined>>,
): readonly (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as const),
  )
}

function lengthOf(pairs: readonly (readonly [string, string])[]): number {
  return pairs.reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value) + 2, 0)
}
