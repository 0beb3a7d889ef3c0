import { isRecord } from '../../core/base/json-path.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { Kept } from '../recipe/preset-fields.ts'
import { variablesOf } from '../request/template.ts'

export type ProviderData = Readonly<Record<string, unknown>>

// The user's browser delivers a callback, so the user can edit it. A value is stored under
// `unverified` in the provider's data until something proves it.

/**
 * Whether a kept value needs no further proof: it did not come by the callback, the callback is
 * signed or must equal what was sent, or the code was redeemed at an address that contains the
 * value.
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

/** Kept values, with unproven ones apart. */
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

/** Whether the account's id contains a kept value. */
export function identifies({ account }: Recipe, name: string): boolean {
  return JSON.stringify(account.id ?? '').includes(`"$kept.${name}"`)
}
