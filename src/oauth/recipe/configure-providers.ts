import type { ProviderId } from '../../core/base/ids.ts'
import type { Provider, ProviderParam } from '../../core/connection/provider.ts'
import type { Secret } from '../../core/base/secret.ts'
import { checkClientId, checkClientSecrets } from '../methods/check-client.ts'
import { checkRecipe, wholePattern } from './check-recipe.ts'
import { grantDomainsOf } from '../request/grant-domains.ts'
import { merge } from './merge.ts'
import { presets } from './presets.ts'
import type { Recipe } from './preset-schema.ts'
import type { Param } from './preset-fields.ts'
import {
  baseOf,
  forIssuer,
  isPresetField,
  parseRecipe,
  type RecipeProblem,
  withChosen,
  withoutUnused,
} from './recipe.ts'
import type { ConfiguredProvider } from './configured-provider.ts'

/** A provider in the settings: the fields of `larder.yaml`, and its secrets separately. */
export type ProviderSettings = {
  readonly id: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Larder tries the secrets in this order. */
  readonly clientSecrets: readonly Secret[]
}
export type ConfiguredProviders = {
  /** The providers as use cases see them. */
  readonly providers: ReadonlyMap<ProviderId, Provider>
  readonly configured: ReadonlyMap<ProviderId, ConfiguredProvider>
  /** Replaces the secrets of a client. The next request uses the new ones. */
  replaceSecrets(id: ProviderId, secrets: readonly Secret[]): void
}

type Parsed = Omit<ConfiguredProvider, 'provider'> & { readonly id: string }

const FLAGS = ['allowPrivateNetwork', 'allowPlainHttp'] as const

/** The ids of all presets. Environment variables alone can enable a preset. */
export const presetIds: readonly string[] = Object.keys(presets)

const DEFAULT_GRACE_SECONDS = 30

/** Throws one error that lists all problems of all providers. */
export function configureProviders(
  sources: readonly ProviderSettings[],
  publicUrl: string,
): ConfiguredProviders {
  const parsed = sources.map(parseProvider)
  const problems = parsed.flatMap((result) => (result.kind === 'ok' ? [] : result.problems))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const configured = new Map<ProviderId, ConfiguredProvider>()
  for (const result of parsed) {
    if (result.kind !== 'ok') continue
    const provider = providerOf(result.parsed, publicUrl)
    configured.set(provider.id, { ...result.parsed, provider })
  }
  const providers = new Map([...configured].map(([id, { provider }]) => [id, provider]))
  return {
    providers,
    configured,
    replaceSecrets: (id, secrets) => {
      const known = configured.get(id)
      if (known?.client == null) return
      configured.set(id, { ...known, client: { ...known.client, secrets } })
    },
  }
}

export type ParseResult =
  | {
      readonly kind: 'ok'
      readonly parsed: Parsed
      /** Parameters in the settings that have no effect, because the settings name an issuer. */
      readonly unused: readonly string[]
    }
  /** `providers.<id>.<field>: what is wrong`. Never quotes a value. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

export function parseProvider({ id, settings, clientSecrets }: ProviderSettings): ParseResult {
  const failed = (problems: readonly RecipeProblem[]): ParseResult => ({
    kind: 'problems',
    problems: problems.map(
      ({ path, detail }) => `providers.${id}${path === '' ? '' : `.${path}`}: ${detail}`,
    ),
  })
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
    return failed([{ path: '', detail: 'an id is lower-case letters, digits and hyphens' }])
  }
  const base = baseOf(id, settings)
  if ('detail' in base) return failed([base as RecipeProblem])
  const { preset: _preset, clientId, allowPrivateNetwork, allowPlainHttp, ...rest } = settings
  const declared = namesOf(base['params'], rest['params'])
  const fields = pick(rest, (name) => !declared.includes(name) || isPresetField(name))
  const whole = parseRecipe(merge(forIssuer(withChosen(base, rest), settings), fields))
  const own = [...checkClientId(clientId), ...checkFlags(settings)]
  if (isProblems(whole)) return failed([...own, ...whole])
  const recipe = settings['issuer'] === undefined ? whole : withoutUnused(whole)
  const params = pick(rest, (name) => Object.hasOwn(recipe.params, name))
  const problems = [
    ...own,
    ...checkClientSecrets(clientSecrets, recipe),
    ...checkRecipe(recipe, { params, allowPlainHttp: allowPlainHttp === true }),
    ...checkParamNames(recipe),
    ...checkParams(params, recipe),
    ...checkMissing(params, recipe),
  ]
  if (problems.length > 0) return failed(problems)
  const client = typeof clientId === 'string' ? { id: clientId, secrets: clientSecrets } : null
  return {
    kind: 'ok',
    parsed: {
      id,
      recipe,
      client,
      params: params as Readonly<Record<string, string>>,
      allowPrivateNetwork: allowPrivateNetwork === true,
      allowPlainHttp: allowPlainHttp === true,
    },
    unused: Object.keys(rest).filter(
      (name) => Object.hasOwn(whole.params, name) && !Object.hasOwn(recipe.params, name),
    ),
  }
}

function isProblems(recipe: Recipe | readonly RecipeProblem[]): recipe is readonly RecipeProblem[] {
  return Array.isArray(recipe)
}

function namesOf(...declared: readonly unknown[]): readonly string[] {
  return declared.flatMap((params) =>
    typeof params === 'object' && params !== null ? Object.keys(params) : [],
  )
}

function pick(
  fields: Readonly<Record<string, unknown>>,
  wanted: (name: string) => boolean,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)))
}

function checkFlags(settings: Readonly<Record<string, unknown>>): readonly RecipeProblem[] {
  return FLAGS.filter((name) => !['undefined', 'boolean'].includes(typeof settings[name])).map(
    (path) => ({ path, detail: 'must be true or false' }),
  )
}

const SETTINGS: readonly string[] = [
  ...FLAGS,
  'preset',
  'clientId',
  'clientSecret',
  'clientSecrets',
  'clientSecretFile',
  'clientSecretFiles',
]

function checkParamNames(recipe: Recipe): readonly RecipeProblem[] {
  return Object.keys(recipe.params)
    .filter((name) => isPresetField(name) || SETTINGS.includes(name))
    .map((name) => ({ path: `params.${name}`, detail: 'is the name of a setting' }))
}

function checkParams(
  params: Readonly<Record<string, unknown>>,
  recipe: Recipe,
): readonly RecipeProblem[] {
  return Object.entries(params).flatMap(([name, value]) => {
    const param = recipe.params[name]
    const matches = typeof value === 'string' && param !== undefined && patternOf(param).test(value)
    return matches ? [] : [{ path: name, detail: 'does not match the pattern of this parameter' }]
  })
}

/** Reports required parameters that only the operator can set and that the settings lack. */
function checkMissing(params: object, recipe: Recipe): readonly RecipeProblem[] {
  const templates = JSON.stringify({ ...recipe, params: null })
  return Object.entries(recipe.params)
    .filter(([, { required, setBy }]) => required && setBy === 'operator')
    .filter(([name, param]) => param.default === undefined && !Object.hasOwn(params, name))
    .filter(([name]) => templates.includes(`{${name}}`))
    .map(([path]) => ({ path, detail: 'is required' }))
}

/** The provider as use cases see it. */
function providerOf({ id, recipe, params }: Parsed, publicUrl: string): Provider {
  const { refreshTokens, revocation, offline } = recipe
  const asksOffline =
    offline !== undefined && (offline.when === 'always' || recipe.scopes.includes(offline.scope))
  return {
    id: id as ProviderId,
    name: recipe.name,
    connectsBy: recipe.connectsBy,
    credentials: formOf(recipe),
    accountParam: recipe.accountParam ?? null,
    scopes: recipe.scopes,
    identityScopes: [...recipe.identityScopes, ...(asksOffline ? [offline.scope] : [])],
    params: Object.fromEntries(
      Object.entries(recipe.params)
        .filter(([, { setBy }]) => setBy === 'anyone')
        .map(([name, param]) => [name, paramOf(param, params[name])]),
    ),
    redirectUri: `${publicUrl.replace(/\/+$/, '')}/callback/${id}`,
    apiHeader: recipe.apiHeader,
    refresh: {
      replay: refreshTokens.replay ?? 'allowed',
      graceMs: (refreshTokens.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000,
      accessTokenLifetimeMs: inMs(recipe.accessTokenSeconds),
      refreshTokenLifetimeMs: inMs(refreshTokens.lifetimeSeconds),
      refreshTokenIdleMs: inMs(refreshTokens.idleSeconds),
      renewEveryMs: inMs(refreshTokens.renewEverySeconds),
      issuesRefreshTokens: refreshTokens.issued !== 'never',
      remedy: refreshTokens.remedy ?? null,
      grantsPerAccount: refreshTokens.perAccount ?? null,
      endsSiblings: refreshTokens.endsSiblings === true,
      endsAccessToken: refreshTokens.endsAccessToken === true,
    },
    revocation: {
      supported: recipe.connectsBy !== 'credentials' && canRevoke(recipe),
      reach: revocation?.reach ?? 'account',
    },
    grantDomains: grantDomainsOf(recipe, params),
    deniedBy: recipe.deniedBy,
    unsupportedBy: recipe.unsupportedBy,
  }
}

function formOf({ connectsBy, credentials, probe, ...recipe }: Recipe): Provider['credentials'] {
  if (connectsBy !== 'credentials' || credentials === undefined) return null
  const { type, usernameLabel, secretLabel, help = null, helpUrl = null } = credentials
  const isProbed = (probe.url ?? recipe.userinfoEndpoint) !== undefined
  return {
    kind: type === 'basic' ? 'basic' : 'api_key',
    labels: { username: usernameLabel, secret: secretLabel },
    help,
    helpUrl,
    basicPassword: type === 'apiKey' ? (credentials.basicPassword ?? null) : null,
    isProbed,
    identifiedBy: isProbed && recipe.account.id !== undefined ? 'probe' : 'username',
  }
}

/**
 * Whether the provider may be able to revoke. If the provider has an issuer, only the metadata says
 * whether it can.
 */
function canRevoke({ revocation, revocationEndpoint, issuer }: Recipe): boolean {
  if (revocation === null) return false
  return revocation.url !== undefined || revocationEndpoint !== undefined || issuer !== undefined
}

function paramOf(param: Param, configured: string | undefined): ProviderParam {
  const { description, required } = param
  const value = configured ?? param.default ?? null
  return { description, pattern: patternOf(param), required, default: value }
}

export function patternOf({ pattern, values }: Param): RegExp {
  const names = Object.keys(values ?? {}).map((name) => name.replace(/\W/g, '\\$&'))
  return wholePattern(pattern ?? names.join('|')) ?? /^(?!)/
}

function inMs(seconds: number | null | undefined): number | null {
  return seconds == null ? null : seconds * 1000
}
