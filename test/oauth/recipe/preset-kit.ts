import { isRecord } from '../../../src/core/base/json-path.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import { parseProvider } from '../../../src/oauth/recipe/configure-providers.ts'
import { baseOf, parseRecipe } from '../../../src/oauth/recipe/recipe.ts'

/** Values that only an operator can know, for the presets that ask for them. */
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

/** The settings that a preset needs to start. */
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

/** The value at a path such as `a.b.c`; undefined if there is none. */
export function fieldAt(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
}
