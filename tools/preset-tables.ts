import type { Recipe } from '../src/oauth/recipe/preset-schema.ts'
import { presets } from '../src/oauth/recipe/presets.ts'
import { baseOf, parseRecipe, withChosen } from '../src/oauth/recipe/recipe.ts'

/** The first row contains the column names. */
export type Table = readonly (readonly string[])[]

/** Marks a value that the vendor's documentation does not contain. */
const UNVERIFIED = ' *'

/** Returns one row per preset, ordered by id, with the facts that operators ask for first. */
export function presetTable(): Table {
  const rows = recipes().map(([id, recipe]) => [
    id,
    recipe.name,
    recipe.connectsBy,
    rotationOf(recipe) + mark(recipe, ['rotation', 'graceSeconds']),
    lifeOf(recipe) + mark(recipe, ['issued', 'lifetimeSeconds', 'idleSeconds']),
    verifiedOn(recipe),
  ])
  return [['id', 'name', 'flows', 'rotation', 'refresh-token life', 'verified on'], ...rows]
}

/** Returns the parameters of presets and the places where each can be set. */
export function parameterTable(): Table {
  const rows = recipes().flatMap(([id, { params }]) =>
    Object.entries(params).map(([name, { description, required, setBy, default: fallback }]) => [
      id,
      name,
      description,
      setBy === 'operator' ? 'settings' : 'settings, links',
      fallback ?? (required ? 'required' : '–'),
    ]),
  )
  return [['id', 'parameter', 'meaning', 'set in', 'default'], ...rows]
}

function recipes(): readonly (readonly [id: string, recipe: Recipe])[] {
  return Object.keys(presets).map((id) => {
    const base = baseOf(id, {})
    const recipe = parseRecipe('detail' in base ? {} : withChosen(base, {}))
    if (!('name' in recipe)) throw new Error(`the preset ${id} is incomplete`)
    return [id, recipe]
  })
}

function verifiedOn({ documentation }: Recipe): string {
  if (documentation === undefined) return '–'
  const { verifiedOn: day, checkedOn } = documentation
  return checkedOn === undefined ? `${day}, unchecked` : day
}

function mark({ documentation }: Recipe, fields: readonly string[]): string {
  const unverified = documentation?.unverified ?? []
  return fields.some((field) => unverified.includes(`refreshTokens.${field}`)) ? UNVERIFIED : ''
}

function rotationOf({ connectsBy, renewsWith, refreshTokens }: Recipe): string {
  const { issued, rotation, replay, graceSeconds } = refreshTokens
  if (connectsBy !== 'link' || (issued === 'never' && renewsWith === 'refresh_token')) return '–'
  if (renewsWith === 'access_token') return 'the access token renews itself'
  const once = replay === 'never' ? ', never replayed' : ''
  const grace = `single use, ${duration(graceSeconds ?? 0)} of grace`
  switch (rotation) {
    case 'none':
      return 'none'
    case 'single-use':
      return `single use${once}`
    case 'grace':
      return replay === 'within-grace' ? `${grace}, not replayed after it` : grace
    case 'overlap':
      return 'new ones, old ones stay valid'
    case 'sometimes':
      return `sometimes${once}`
    case 'unknown':
    case undefined:
      return 'not known'
    default:
      return rotation satisfies never
  }
}

function lifeOf({ connectsBy, renewsWith, refreshTokens }: Recipe): string {
  const { issued, lifetimeSeconds, idleSeconds } = refreshTokens
  if (connectsBy !== 'link') return '–'
  if (issued === 'never' && renewsWith === 'refresh_token') return 'none issued'
  const limits = [
    ...(lifetimeSeconds == null ? [] : [duration(lifetimeSeconds)]),
    ...(idleSeconds == null ? [] : [`${duration(idleSeconds)} unused`]),
  ]
  const life = limits.length === 0 ? 'no limit known' : limits.join(', ')
  return issued === 'by-setting' ? `${life}; issued by a setting` : life
}

const UNITS = [
  ['y', 31_536_000],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** Formats a duration in the largest unit that divides it. */
function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}
