import { isLoopbackHost } from '../egress/address-guard.ts'
import type { Recipe } from './preset-schema.ts'
import type { RecipeProblem } from './recipe.ts'
import { variablesOf } from '../request/template.ts'
import { identifies, isProven } from '../answer/unverified.ts'

type Checked = {
  readonly params: Readonly<Record<string, unknown>>
  readonly allowPlainHttp: boolean
}

/** Checks that the fields of a recipe fit each other, such as templates and parameters. */
export function checkRecipe(recipe: Recipe, checked: Checked): readonly RecipeProblem[] {
  return [
    ...checkEndpoints(recipe),
    ...checkAccountParam(recipe),
    ...checkPatterns(recipe),
    ...checkIdentity(recipe),
    ...urlsOf(recipe).flatMap(([path, template]) =>
      checkUrl(path, template, { ...checked, recipe }),
    ),
    ...checkBases(recipe, checked),
  ]
}

/** Every URL to which a request may be sent. */
export function urlsOf(recipe: Recipe): readonly (readonly [path: string, template: string])[] {
  const urls = {
    issuer: recipe.issuer,
    'issuerFromClaim.template': recipe.issuerFromClaim?.template,
    authorizationEndpoint: recipe.authorizationEndpoint,
    tokenEndpoint: recipe.tokenEndpoint,
    refreshEndpoint: recipe.refreshEndpoint,
    revocationEndpoint: recipe.revocationEndpoint,
    userinfoEndpoint: recipe.userinfoEndpoint,
    jwksUri: recipe.jwksUri,
    'probe.url': recipe.probe.url,
    'emailRequest.url': recipe.emailRequest?.url,
    'revocation.url': recipe.revocation?.url,
    'secondExchange.url': recipe.secondExchange?.url,
  }
  const proofs = Object.entries(recipe.keep).map(
    ([name, { verifiedBy }]) => [`keep.${name}.verifiedBy.url`, verifiedBy?.url] as const,
  )
  return [...Object.entries(urls), ...proofs].filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
}

function checkEndpoints(recipe: Recipe): readonly RecipeProblem[] {
  if (recipe.connectsBy === 'credentials') {
    const detail = 'is required if a provider connects by credentials'
    return recipe.credentials === undefined ? [{ path: 'credentials', detail }] : []
  }
  if (recipe.issuer !== undefined) return []
  const needed = { link: ['authorizationEndpoint', 'tokenEndpoint'], machine: ['tokenEndpoint'] }
  return (needed[recipe.connectsBy] as readonly ('authorizationEndpoint' | 'tokenEndpoint')[])
    .filter((name) => recipe[name] === undefined)
    .map((path) => ({ path, detail: 'is required without an issuer' }))
}

function checkAccountParam({ accountParam, params }: Recipe): readonly RecipeProblem[] {
  if (accountParam === undefined || Object.hasOwn(params, accountParam)) return []
  return [{ path: 'accountParam', detail: 'names no parameter there is' }]
}

/**
 * An unverified callback value must not identify an account, because the user can edit a callback.
 */
function checkIdentity(recipe: Recipe): readonly RecipeProblem[] {
  return Object.entries(recipe.keep)
    .filter(([name, kept]) => !isProven(recipe, name, kept) && identifies(recipe, name))
    .filter(([, { verifiedBy }]) => verifiedBy === undefined)
    .map(([name]) => ({
      path: `keep.${name}.verifiedBy`,
      detail: 'is required if account.id contains a value of the callback',
    }))
}

function checkPatterns(recipe: Recipe): readonly RecipeProblem[] {
  const patterns = [
    ...Object.entries(recipe.params).map(([name, { pattern }]) => [`params.${name}`, pattern]),
    ...Object.entries(recipe.keep).map(([name, { pattern }]) => [`keep.${name}`, pattern]),
    ['issuerFromClaim', recipe.issuerFromClaim?.pattern],
  ] as const
  return patterns
    .filter(([, pattern]) => pattern !== undefined && wholePattern(pattern) === null)
    .map(([path]) => ({ path: `${path}.pattern`, detail: 'is no regular expression' }))
}

const NO_ENDPOINT =
  'must be https, or http to localhost or a loopback address; ' +
  'for http to a host of your own network set allowPlainHttp'

function checkUrl(
  path: string,
  template: string,
  { recipe, allowPlainHttp }: Checked & { readonly recipe: Recipe },
): readonly RecipeProblem[] {
  const unknown = variablesOf(template).filter((name) => !mayStandInUrl(name, path, recipe))
  const names = unknown.map((name) => ({
    path,
    detail: `{${name}} is neither a parameter nor a kept value with a pattern`,
  }))
  if (isWebAddress(template, allowPlainHttp)) return names
  return [...names, { path, detail: NO_ENDPOINT }]
}

/** If a template begins with a parameter, the value of the parameter must be a URL. */
function checkBases(recipe: Recipe, { params, allowPlainHttp }: Checked): readonly RecipeProblem[] {
  const templates = urlsOf(recipe).map(([, template]) => template)
  return Object.entries(params)
    .filter(([name]) => templates.some((template) => template.startsWith(`{${name}}`)))
    .filter(([, value]) => typeof value === 'string' && !isWebAddress(value, allowPlainHttp))
    .map(([path]) => ({ path, detail: NO_ENDPOINT }))
}

/** Whether a variable may be part of a URL. A value from a provider needs a pattern. */
function mayStandInUrl(name: string, path: string, recipe: Recipe): boolean {
  if (name === 'clientId' || Object.hasOwn(recipe.params, name)) return true
  const furthers = Object.values(recipe.params).map(({ variables }) => variables)
  if (furthers.some((variables) => Object.hasOwn(variables, name))) return true
  if (path === 'issuerFromClaim.template') return name === recipe.issuerFromClaim?.claim
  return Object.hasOwn(recipe.keep, name) && recipe.keep[name]?.pattern !== undefined
}

/** A template that begins with a variable is checked after its variables are replaced. */
function isWebAddress(template: string, allowPlainHttp: boolean): boolean {
  if (template.startsWith('{')) return true
  // Try two sample values: a letter is valid in a host name, and a digit in a port.
  const [url] = ['a', '1'].flatMap((sample) => {
    return URL.parse(template.replaceAll(/\{[\w-]+\}/g, sample)) ?? []
  })
  if (url === undefined || url.username !== '' || url.password !== '') return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && (allowPlainHttp || isLoopbackHost(url)))
  )
}

/** Compiles a pattern that must match the whole value. Null if it is not a regular expression. */
export function wholePattern(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch {
    return null
  }
}
