import { isRecord } from '../../core/base/json-path.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { Kept } from '../recipe/shapes.ts'
import { variablesOf } from '../request/template.ts'

export type ProviderData = Readonly<Record<string, unknown>>

// What a callback says came through the user's browser, so the user can edit it. Until something
// proves it, it stands under `unverified` among the provider's data.

/**
 * Whether a kept value is the provider's word without a further question: it did not come by the
 * callback, the callback is signed or held to what was asked, or the code was redeemed at the address
 * that the value is a part of.
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

/** Kept values, those that nothing proves apart from the others. */
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

/** Whether the account's id is made of a kept value. */
export function identifies({ account }: Recipe, name: string): boolean {
  return JSON.stringify(account.id ?? '').includes(`"$kept.${name}"`)
}
