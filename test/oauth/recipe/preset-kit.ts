import { isRecord } from '../../../src/core/base/json-path.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import { parseProvider } from '../../../src/oauth/recipe/configure-providers.ts'
import { baseOf, parseRecipe } from '../../../src/oauth/recipe/recipe.ts'

/** What only an operator can know of some presets. */
const OWN: Readonly<Record<string, string>> = {
  baseUrl: 'https://idp.acme.example',
  issuerUrl: 'https://idp.acme.example/tenant',
  teamId: 'ABCDE12345',
  keyId: 'KEY1234567',
}

/** The preset with what it extends and with every default. */
export function recipeOf(id: string): Recipe {
  const base = baseOf(id, {})
  const recipe = parseRecipe('detail' in base ? {} : base)
  if (!('name' in recipe)) throw new Error(`${id}: ${JSON.stringify(recipe)}`)
  return recipe
}

/** The settings with which a preset starts, whatever it asks its operator for. */
export function settingsOf(id: string): Readonly<Record<string, string>> {
  const asked = Object.entries(recipeOf(id).params).filter(
    ([, { required, setBy }]) => required && setBy === 'operator',
  )
  return Object.fromEntries([['clientId', 'c'], ...asked.map(([name]) => [name, OWN[name] ?? ''])])
}

export function problemsOf(id: string, settings: object): readonly string[] {
  const result = parseProvider({ id, settings: { ...settings }, clientSecrets: [] })
  return result.kind === 'ok' ? [] : result.problems
}

/** The value at `a.b.c` of a preset, undefined where it says nothing. */
export function fieldAt(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
}
