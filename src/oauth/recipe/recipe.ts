import { isRecord } from '../../core/base/json-path.ts'
import { merge } from './merge.ts'
import { openid, openidAccount } from './forms.ts'
import { presets } from './presets.ts'
import { presetFields, presetSchema, type Recipe } from './preset-schema.ts'

export type RecipeProblem = { readonly path: string; readonly detail: string }

type Fields = Readonly<Record<string, unknown>>

/** A preset's fields, merged over those of the preset it extends. */
function presetFieldsOf(id: string): Fields | null {
  const preset = Object.hasOwn(presets, id) ? presets[id] : undefined
  if (preset === undefined) return null
  const { extends: parent, ...own } = preset
  return parent === undefined ? own : merge(presetFieldsOf(parent) ?? {}, own)
}

/** The fields of the preset that a provider uses, or what is wrong with its choice. */
export function baseOf(id: string, settings: Fields): Fields | RecipeProblem {
  const { preset, connectsBy, issuer, tokenEndpoint, authorizationEndpoint } = settings
  const name = typeof preset === 'string' ? preset : id
  const own = preset === undefined || name === preset ? presetFieldsOf(name) : null
  if (own === null && preset !== undefined) {
    return { path: 'preset', detail: 'names no preset there is' }
  }
  if (own !== null) return issuer === undefined || isOpenId(own) ? own : notOpenId(name)
  if (issuer !== undefined) return { name: id, ...openid }
  if (connectsBy === 'credentials' || connectsBy === 'machine') return { name: id }
  if (tokenEndpoint !== undefined && authorizationEndpoint !== undefined) return { name: id }
  return { path: '', detail: 'is no preset, and has neither an issuer nor endpoints' }
}

function isOpenId(preset: Fields): boolean {
  return preset['issuer'] !== undefined
}

function notOpenId(preset: string): RecipeProblem {
  const detail = `the preset ${preset} has none: an OpenID provider needs an id that is no preset's`
  return { path: 'issuer', detail }
}

/**
 * Merges the fields that the values of parameters select (`byParam`), if the settings or a default
 * give a value.
 */
export function withChosen(base: Fields, settings: Fields): Fields {
  const { byParam, params } = base
  if (!isRecord(byParam)) return base
  return Object.entries(byParam).reduce((fields, [name, cases]) => {
    const declared = isRecord(params) ? params[name] : undefined
    const value = settings[name] ?? (isRecord(declared) ? declared['default'] : undefined)
    const chosen = isRecord(cases) && typeof value === 'string' ? cases[value] : undefined
    return isRecord(chosen) ? merge(fields, chosen) : fields
  }, base)
}

/** Fields of a preset with the addresses of its own issuer. */
const PLACES = [
  'authorizationEndpoint',
  'tokenEndpoint',
  'refreshEndpoint',
  'revocationEndpoint',
  'userinfoEndpoint',
  'jwksUri',
]

/**
 * The preset's fields for another issuer of the same kind: its addresses are discovered, the rest
 * stays.
 */
export function forIssuer(base: Fields, settings: Fields): Fields {
  if (settings['issuer'] === undefined || base['issuer'] === undefined) return base
  return Object.fromEntries(Object.entries(base).filter(([name]) => !PLACES.includes(name)))
}

/** Removes the parameters that nothing uses any more. */
export function withoutUnused(recipe: Recipe): Recipe {
  const used = JSON.stringify({ ...recipe, params: null, documentation: null })
  const params = Object.entries(recipe.params).filter(
    ([name, param]) =>
      param.authorizationParam !== undefined ||
      Object.hasOwn(recipe.byParam, name) ||
      recipe.accountParam === name ||
      [name, ...Object.keys(param.variables)].some((variable) => used.includes(`{${variable}}`)),
  )
  return { ...recipe, params: Object.fromEntries(params) }
}

/** The recipe, or everything that is wrong with it; a problem never quotes a value. */
export function parseRecipe(fields: Fields): Recipe | readonly RecipeProblem[] {
  const below = {
    ...(fields['issuer'] !== undefined && openidAccount),
    // No standard says how a probe names the account.
    ...(fields['connectsBy'] === 'credentials' && { account: {} }),
  }
  const parsed = presetSchema.safeParse(merge(below, fields))
  if (parsed.success) return parsed.data
  return parsed.error.issues.flatMap(problemsOf)
}

export function isPresetField(name: string): boolean {
  return presetFields.includes(name)
}

type Issue = NonNullable<ReturnType<typeof presetSchema.safeParse>['error']>['issues'][number]

function problemsOf(issue: Issue): readonly RecipeProblem[] {
  const path = issue.path.join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: path === '' ? key : `${path}.${key}`,
        detail: 'no such field',
      }))
    case 'invalid_type':
      return [{ path, detail: `must be ${issue.expected}` }]
    case 'invalid_value':
      return [{ path, detail: `must be one of ${issue.values.join(', ')}` }]
    case 'custom':
    case 'invalid_format':
      return [{ path, detail: issue.message }]
    default:
      return [{ path, detail: 'is malformed' }]
  }
}
