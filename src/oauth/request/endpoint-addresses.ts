import type { AuthorizationServer } from 'oauth4webapi'
import { isEndpoint, type Reach } from '../egress/address-guard.ts'
import type { Discovery } from './discovery.ts'
import { acceptsIssuer } from './issuer.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { ProviderRefusal } from '../answer/refusal.ts'
import { fillText, type Variables } from './template.ts'

export type RequestTarget = { readonly url: URL; readonly reach: Reach }

export type Endpoints = Readonly<
  Record<
    'authorization' | 'token' | 'refresh' | 'revocation' | 'userinfo' | 'jwks',
    RequestTarget | null
  >
>

export type Server = {
  readonly endpoints: Endpoints
  /** The server in the form of oauth4webapi. */
  readonly server: AuthorizationServer
  /** Whether the server issues id tokens. If true, id tokens are required. */
  readonly isOpenId: boolean
}

type Place = {
  readonly variables: Variables
  readonly targetOf: (template: string) => RequestTarget | null
  readonly remainingMs: () => number
}

type Description =
  | { readonly kind: 'ok'; readonly described: Server }
  | ProviderRefusal<'unavailable' | 'misconfigured'>

/** The endpoints of a provider, from its preset and, if it has an issuer, from the metadata. */
export async function describeServer(
  discovery: Discovery,
  recipe: Recipe,
  place: Place,
): Promise<Description> {
  const written = writtenEndpoints(recipe, place.targetOf)
  if (recipe.issuer === undefined) {
    // oauth4webapi requires an issuer, so this is a placeholder. Larder reads id tokens only if an
    // issuer is configured.
    return described(
      written,
      { metadata: { issuer: 'https://issuer.invalid' }, isOpenId: false },
      recipe,
    )
  }
  const issuer = fillText(recipe.issuer, place.variables)
  const target = place.targetOf(recipe.issuer)
  if (issuer === null || target === null) {
    return { kind: 'misconfigured', detail: 'the issuer needs a parameter that is missing' }
  }
  if (written.authorization !== null && written.token !== null && written.jwks !== null) {
    return described(written, { metadata: { issuer }, isOpenId: true }, recipe)
  }
  const accepts = acceptsIssuer(recipe, place.variables, issuer)
  const { reach } = target
  const withinMs = place.remainingMs()
  const discovered = await discovery.metadata(issuer, { reach, accepts, withinMs })
  if (discovered.kind !== 'ok') return discovered
  const found = discoveredEndpoints(discovered.metadata, target.reach)
  return described({ ...found, ...onlyWritten(written) }, discovered, recipe)
}

type About = { readonly metadata: AuthorizationServer; readonly isOpenId: boolean }

/**
 * Checks every endpoint. Discovered URLs must follow the same rule as configured ones, because they
 * receive the user's browser or a secret.
 */
function described(endpoints: Endpoints, about: About, recipe: Recipe): Description {
  const [wrong] = Object.entries(endpoints).filter(
    ([, target]) => target !== null && !isEndpoint(target),
  )
  if (wrong === undefined) {
    return { kind: 'ok', described: serverOf(endpoints, about, recipe) }
  }
  const detail =
    `the ${wrong[0]} endpoint must be an https URL without a login and without a fragment: ` +
    'correct it in the settings, or in the metadata of the issuer; for http to a host of your own ' +
    'network set allowPlainHttp'
  return { kind: 'misconfigured', detail }
}

function writtenEndpoints(recipe: Recipe, targetOf: Place['targetOf']): Endpoints {
  const at = (template: string | undefined) => (template === undefined ? null : targetOf(template))
  return {
    authorization: at(recipe.authorizationEndpoint),
    token: at(recipe.tokenEndpoint),
    refresh: at(recipe.refreshEndpoint),
    revocation: at(recipe.revocation?.url ?? recipe.revocationEndpoint),
    userinfo: at(recipe.probe.url ?? recipe.userinfoEndpoint),
    jwks: at(recipe.jwksUri),
  }
}

/** Replaces a value that is not a URL. The endpoint check then rejects it. */
const NO_URL = new URL('about:blank')

/**
 * The endpoints in the metadata. Requests to these endpoints may reach only what requests to the
 * issuer may reach.
 */
function discoveredEndpoints(metadata: AuthorizationServer, reach: Reach): Endpoints {
  const at = (value: unknown) => {
    if (value == null) return null
    return { url: URL.parse(typeof value === 'string' ? value : '') ?? NO_URL, reach }
  }
  return {
    authorization: at(metadata.authorization_endpoint),
    token: at(metadata.token_endpoint),
    refresh: null,
    revocation: at(metadata.revocation_endpoint),
    userinfo: at(metadata.userinfo_endpoint),
    jwks: at(metadata.jwks_uri),
  }
}

function onlyWritten(endpoints: Endpoints): Partial<Endpoints> {
  return Object.fromEntries(Object.entries(endpoints).filter(([, target]) => target !== null))
}

/**
 * Asymmetric signature algorithms. Symmetric algorithms and `none` do not prove that the provider
 * signed.
 */
const ALGORITHMS = /^(?:[RP]S|ES)(?:256|384|512)$|^Ed(?:DSA|25519)$/

function serverOf(endpoints: Endpoints, { metadata, isOpenId }: About, recipe: Recipe): Server {
  const { token, jwks } = endpoints
  const algorithms = listOf(metadata.id_token_signing_alg_values_supported) ?? ['RS256']
  const methods = listOf(metadata.token_endpoint_auth_methods_supported)
  return {
    endpoints,
    isOpenId,
    server: {
      issuer: metadata.issuer,
      ...(token === null ? {} : { token_endpoint: token.url.href }),
      ...(jwks === null ? {} : { jwks_uri: jwks.url.href }),
      ...(methods === null ? {} : { token_endpoint_auth_methods_supported: [...methods] }),
      id_token_signing_alg_values_supported: algorithms.filter((alg) => ALGORITHMS.test(alg)),
      authorization_response_iss_parameter_supported:
        recipe.requiresIss || metadata.authorization_response_iss_parameter_supported === true,
    },
  }
}

/** Checks the value at run time, because metadata comes from outside. */
function listOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null
}
