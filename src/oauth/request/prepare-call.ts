import type { RefreshOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { ClientCredentials } from '../../core/connection/connection.ts'
import type { Sealed } from '../../core/base/secret.ts'
import { isLoopbackHost, type Reach } from '../egress/address-guard.ts'
import { wholePattern } from '../recipe/check-recipe.ts'
import { describeServer, type Server, type RequestTarget } from './endpoint-addresses.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import { patternOf } from '../recipe/configure-providers.ts'
import { type OwnAddress, ownAddress } from './address-of-connection.ts'
import type { ProviderRefusal } from '../answer/refusal.ts'
import { fillText, fillUrl, type Variables } from './template.ts'
import { unverifiedIn } from '../answer/unverified.ts'
import type { ConfiguredProvider } from '../recipe/configured-provider.ts'
import type { Means, ProviderCallRequest } from './means.ts'

/** A provider prepared for one connection: the client, the parameters and the endpoints. */
export type ProviderCall = Server & {
  readonly provider: ConfiguredProvider['provider']
  readonly recipe: Recipe
  /** Secrets in the order in which they are tried. Null means a public client. */
  readonly client: {
    readonly id: string
    readonly secrets: readonly (Sealed | null)[]
    readonly isConfigured: boolean
  }
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  readonly variables: Variables
  readonly targetOf: (template: string) => RequestTarget | null
  readonly until: number
  readonly remainingMs: () => number
}
export type Prepared =
  | { readonly kind: 'ok'; readonly call: ProviderCall }
  /** `unavailable`: the metadata cannot be fetched now. No other request was sent. */
  | ProviderRefusal<'unavailable' | 'misconfigured'>

/**
 * Prepares a call whose result is the outcome of an attempt: the reason why nothing can be sent is
 * an outcome, too.
 */
export async function prepareAttempt(
  means: Means,
  request: ProviderCallRequest,
): Promise<
  | { readonly kind: 'ok'; readonly call: ProviderCall; readonly own: OwnAddress }
  | Extract<RefreshOutcome, { kind: 'not_sent' | 'client_config' }>
> {
  const prepared = await prepareCall(means, request)
  if (prepared.kind === 'unavailable') return { kind: 'not_sent', detail: prepared.detail }
  const own = ownAddress(means, request)
  if (prepared.kind === 'ok') return { ...prepared, own }
  return { kind: 'client_config', detail: prepared.detail, ...own }
}

/**
 * Collects everything that a request to a provider needs. May fetch metadata but sends no other
 * request.
 */
export async function prepareCall(means: Means, request: ProviderCallRequest): Promise<Prepared> {
  const configured = means.configured.get(request.provider)
  if (configured === undefined) return misconfigured('the provider is not configured')
  const client = clientOf(configured, request.client)
  if (client === null) return misconfigured('the provider has no client id')
  const { recipe, provider } = configured
  const params = paramsOf(configured, request.params)
  if (params === null) return misconfigured('a parameter does not match its pattern')

  const until = request.until ?? means.clock.monotonic() + means.deadlineMs
  const { redirectUri } = provider
  const given = { redirectUri, ...params, clientId: client.id }
  const kept = keptVariables(recipe, request.providerData, given)
  const variables = { ...given, ...kept, ...params, clientId: client.id }
  const targetOf = targets(configured, variables)
  const remainingMs = () => Math.max(1, until - means.clock.monotonic())
  const place = { variables, targetOf, remainingMs }
  const server = await describeServer(means.discovery, recipe, place)
  const isAsked = recipe.issuer !== undefined && targetOf(recipe.issuer) !== null
  if (isAsked && !ownAddress(means, request).isOwn) {
    means.faults.noteIssuer(provider.id, server)
  }
  if (server.kind !== 'ok') return server
  return {
    kind: 'ok',
    call: {
      provider,
      recipe,
      client,
      variables,
      targetOf,
      params: { ...configured.params, ...request.params },
      providerData: request.providerData,
      ...server.described,
      until,
      remainingMs,
    },
  }
}

function misconfigured(detail: string): ProviderRefusal<'misconfigured'> {
  return { kind: 'misconfigured', detail }
}

function clientOf(
  configured: ConfiguredProvider,
  own: ClientCredentials | null,
): ProviderCall['client'] | null {
  if (own !== null) return { id: own.id, secrets: [own.secret], isConfigured: false }
  if (configured.client === null) {
    // A provider that connects by credentials needs no client.
    return configured.recipe.connectsBy === 'credentials'
      ? { id: '', secrets: [null], isConfigured: false }
      : null
  }
  const { id, secrets } = configured.client
  return { id, secrets: secrets.length === 0 ? [null] : secrets, isConfigured: true }
}

/**
 * The parameters as template variables. Null if a parameter is not declared or its value does not
 * match.
 */
function paramsOf(
  { recipe, params }: ConfiguredProvider,
  own: Readonly<Record<string, string>>,
): Variables | null {
  const mayBeOwn = (name: string) =>
    Object.hasOwn(recipe.params, name) && recipe.params[name]?.setBy === 'anyone'
  if (!Object.keys(own).every(mayBeOwn)) return null
  const values: Record<string, string> = {}
  for (const [name, param] of Object.entries(recipe.params)) {
    const value = own[name] ?? params[name] ?? param.default
    if (value === undefined) continue
    if (!patternOf(param).test(value)) return null
    values[name] = param.values?.[value] ?? value
    for (const [further, byValue] of Object.entries(param.variables)) {
      if (Object.hasOwn(byValue, value)) values[further] = byValue[value] ?? ''
    }
  }
  return values
}

/**
 * Stored values of earlier answers that match their pattern. Other values must not be used in a
 * URL.
 */
function keptVariables(
  recipe: Recipe,
  providerData: Readonly<Record<string, unknown>>,
  others: Variables,
): Variables {
  return Object.fromEntries(
    Object.entries(recipe.keep).flatMap(([name, { pattern, default: fallback }]) => {
      if (pattern === undefined) return []
      const value = ownValue(providerData, name) ?? ownValue(unverifiedIn(providerData), name)
      const matches = typeof value === 'string' && wholePattern(pattern)?.test(value) === true
      if (matches) return [[name, value]]
      const filled = fallback === undefined ? null : fillText(fallback, others)
      return filled === null ? [] : [[name, filled]]
    }),
  )
}

function ownValue(values: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** Allows a loopback address only if the operator wrote it, not if a variable filled it in. */
function targets(configured: ConfiguredProvider, variables: Variables) {
  const { params } = configured
  const reach = reachOf(configured)
  return (template: string): RequestTarget | null => {
    const url = fillUrl(template, variables)
    if (url === null) return null
    const origin = /^\w+:\/\/[^/?#]*/.exec(template)?.[0] ?? template
    const written = fillUrl(origin, params)?.origin === url.origin
    const isLoopback = reach !== 'plain' && written && isLoopbackHost(url)
    return { url, reach: isLoopback ? 'loopback' : reach }
  }
}

function reachOf({ allowPlainHttp, allowPrivateNetwork }: ConfiguredProvider): Reach {
  if (allowPlainHttp) return 'plain'
  return allowPrivateNetwork ? 'private' : 'public'
}
