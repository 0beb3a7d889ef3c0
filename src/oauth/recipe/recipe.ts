import { isRecord } from '../../core/base/json-path.ts'
import { merge } from './merge.ts'
import { openid, openidAccount } from './forms.ts'
import { presets } from './presets.ts'
import { presetFields, presetSchema, type Recipe } from './preset-schema.ts'

export type RecipeProblem = { readonly path: string; readonly detail: string }

type Fields = Readonly<Record<string, unknown>>

/** The fields of a preset, merged over the fields of the preset that it extends. */
function presetFieldsOf(id: string): Fields | null {
  const preset = Object.hasOwn(presets, id) ? presets[id] : undefined
  if (preset === undefined) return null
  const { extends: parent, ...own } = preset
  return parent === undefined ? own : merge(presetFieldsOf(parent) ?? {}, own)
}

/** The fields of the preset that a provider uses, or the problem with the chosen preset. */
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
 * Merges the fields that parameter values select (`byParam`). A parameter's value comes from the
 * settings or from its default.
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

/** Preset fields that contain URLs of its issuer. */
const PLACES = [
  'authorizationEndpoint',
  'tokenEndpoint',
  'refreshEndpoint',
  'revocationEndpoint',
  'userinfoEndpoint',
  'jwksUri',
]

/**
 * The preset's fields without its URLs, if the settings name another issuer. The URLs of that
 * issuer are then discovered.
 */
export function forIssuer(base: Fields, settings: Fields): Fields {
  if (settings['issuer'] === undefined || base['issuer'] === undefined) return base
  return Object.fromEntries(Object.entries(base).filter(([name]) => !PLACES.includes(name)))
}

/** Removes parameters that no other field uses. */
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

/** Returns the recipe or all its problems. A problem never quotes a value. */
export function parseRecipe(fields: Fields): Recipe | readonly RecipeProblem[] {
  const below = {
    ...(fields['issuer'] !== undefined && openidAccount),
    // No standard defines where a probe answer names the account.
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
