import { isRecord } from '../../core/base/json-path.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { Kept } from '../recipe/preset-fields.ts'
import { variablesOf } from '../request/template.ts'

export type ProviderData = Readonly<Record<string, unknown>>

// The user's browser delivers a callback, so the user can edit it. A value of a callback is stored
// under `unverified` in `providerData` until a request shows that it belongs to the token.

/**
 * Whether a stored value needs no verification. True if the value does not come from the callback,
 * if the callback is signed, if the value must equal a value that Larder sent, or if the code was
 * redeemed at a URL that contains the value.
 */
export function isProven(recipe: Recipe, name: string, { from, path }: Kept): boolean {
  if (from !== 'callback' || recipe.callbackStrategy !== undefined) return true
  const isHeld = recipe.callbackMustEqual[path] != null
  return isHeld || variablesOf(recipe.tokenEndpoint ?? '').includes(name)
}

export function proofTemplates(recipe: Recipe): Readonly<Record<string, Kept['verifiedBy']>> {
  return Object.fromEntries(
    Object.entries(recipe.keep).map(([name, { verifiedBy }]) => [name, verifiedBy]),
  )
}

/** The stored values. Values that are not verified yet are under `unverified`. */
export function sorted(
  recipe: Recipe,
  values: readonly (readonly [name: string, kept: Kept, value: unknown])[],
): Record<string, unknown> {
  const proven = values.filter(([name, kept]) => isProven(recipe, name, kept))
  const others = values.filter(([name, kept]) => !isProven(recipe, name, kept))
  const named = (list: typeof values) => list.map(([name, , value]) => [name, value] as const)
  return {
    ...Object.fromEntries(named(proven)),
    ...(others.length > 0 && { unverified: Object.fromEntries(named(others)) }),
  }
}

export function unverifiedIn({ unverified }: ProviderData): ProviderData {
  return isRecord(unverified) ? unverified : {}
}

export function withoutUnverified(providerData: ProviderData): ProviderData {
  return Object.fromEntries(Object.entries(providerData).filter(([name]) => name !== 'unverified'))
}

/** Whether the account's id contains this stored value. */
export function identifies({ account }: Recipe, name: string): boolean {
  return JSON.stringify(account.id ?? '').includes(`"$kept.${name}"`)
}
