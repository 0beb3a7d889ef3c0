import * as oauth from 'oauth4webapi'
import { type Credentials, credentialsHeader, type Header } from '../core/credentials.ts'
import { withParams } from '../core/query.ts'
import type { Sealed, Secret } from '../core/secret.ts'
import type { AuthorizationRequest } from '../ports/token-endpoint.ts'
import type { Call, Means } from './call.ts'
import { addMissing, put, rename, speakTokenRequest, type SpokenRequest } from './dialect.ts'
import type { Target } from './endpoints.ts'
import type { ClientAuthMethod, SideRequest } from './presets/shapes.ts'
import { type Sent, sentRequest } from './sent.ts'
import { callbackStrategies, clientAuthStrategies } from './strategies.ts'
import { fillAll } from './template.ts'
import { formOf, type TokenGrant } from './token-grant.ts'

// The one file of this folder in which secrets become text: requests are made of them here, and
// answers that only their owner could have written are held against them.

export type FlowSecrets = {
  readonly state: Secret
  readonly verifier: Secret
  readonly nonce: Secret | null
}

/** Where the user goes (RFC 6749 §4.1.1). The protocol's own parameters are set last: they win. */
export async function authorizationUrl(
  call: Call,
  endpoint: Target,
  request: Pick<AuthorizationRequest, 'redirectUri' | 'scope' | 'loginHint'>,
  secrets: FlowSecrets,
): Promise<string> {
  const { recipe, variables } = call
  const params = new URLSearchParams(fillAll(recipe.authorizationParams, variables))
  const { offline, loginHintParam } = recipe
  if (offline !== undefined && request.scope.includes(offline.scope)) {
    addMissing(params, fillAll(offline.params, variables))
  }
  for (const [name, { authorizationParam }] of Object.entries(recipe.params)) {
    const value = call.params[name]
    if (authorizationParam !== undefined && value !== undefined) {
      params.set(authorizationParam, value)
    }
  }
  if (loginHintParam !== null && request.loginHint !== null) {
    params.set(loginHintParam, request.loginHint)
  }
  if (recipe.responseMode !== null) params.set('response_mode', recipe.responseMode)
  if (recipe.responseType !== null) params.set('response_type', recipe.responseType)
  params.set('client_id', call.client.id)
  params.set('redirect_uri', request.redirectUri)
  params.set('state', secrets.state.expose())
  if (secrets.nonce !== null) params.set('nonce', secrets.nonce.expose())
  if (recipe.pkce !== 'omit') {
    const challenge = await oauth.calculatePKCECodeChallenge(secrets.verifier.expose())
    params.set('code_challenge', challenge)
    params.set('code_challenge_method', 'S256')
  }
  setScopes(params, call, request.scope)
  return withParams(endpoint.url.href, rename(params, recipe.rename))
}

/** A preset can send some scopes in a second parameter; an empty one is left out. */
function setScopes(params: URLSearchParams, { recipe }: Call, scope: readonly string[]): void {
  const { scopeParam, scopeSeparator, secondScope } = recipe
  const isSecond = (name: string) =>
    secondScope !== undefined && name.startsWith(secondScope.prefix)
  const first = scope.filter((name) => !isSecond(name))
  const second = scope.filter(isSecond).map((name) => name.slice(secondScope?.prefix.length))
  params.delete('scope')
  if (scopeParam !== null && first.length > 0) params.set(scopeParam, first.join(scopeSeparator))
  if (secondScope !== undefined && second.length > 0) {
    params.set(secondScope.param, second.join(scopeSeparator))
  }
}

/**
 * Sends one token request, built by the protocol's library and put into the provider's words. Null,
 * and nothing is sent, where the client's secret is not what this provider wants.
 */
export async function sendTokenRequest(
  means: Means,
  call: Call,
  grant: TokenGrant,
  secret: Sealed | null,
): Promise<Sent | null> {
  const { own, target } = formOf(call, grant)
  if (target === null) throw new Error('a token request needs an endpoint')
  const method = own.clientAuth ?? call.recipe.clientAuth ?? discoveredMethod(call)
  const authentication = clientAuthentication(means, call, method, secret)
  if (authentication === null) return null
  const attempt: { sent?: Sent } = {}
  // The answer is read elsewhere, whole, before the library sees a clean one. Made before anything is
  // sent: after the answer every tenth of a millisecond is one in which a kill costs the grant.
  const unread = new Response(null, { status: 204 })
  const options = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (
      _url: string,
      init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
    ) => {
      const headers = new Headers(init.headers)
      const plain = { url: target.url, params: init.body, headers }
      attempt.sent = await send(means, call, {
        spoken: speakTokenRequest(plain, call.recipe, own, call.variables),
        target,
        secrets: [...secretsOf(grant), secret?.open().expose() ?? ''],
      })
      return unread
    },
  }
  await ask(call, grant, {
    authentication,
    options,
    sendsScope: own.sendsScope ?? grant.kind === 'machine',
  })
  if (attempt.sent === undefined) throw new Error('a token request was not sent')
  return attempt.sent
}

function secretsOf(grant: TokenGrant): readonly string[] {
  if (grant.kind === 'machine') return []
  if (grant.kind !== 'code') return [grant.token.expose()]
  return [grant.parameters.get('code') ?? '', grant.verifier.expose()]
}

type Asking = {
  readonly authentication: oauth.ClientAuth
  readonly options: oauth.TokenEndpointRequestOptions
  readonly sendsScope: boolean
}

async function ask(call: Call, grant: TokenGrant, asking: Asking): Promise<void> {
  const { authentication, options } = asking
  const client = { client_id: call.client.id }
  // The library wants an endpoint to be there; where the request goes is the target's business.
  const server = { ...call.server, token_endpoint: 'https://token.invalid/' }
  if (grant.kind === 'code') {
    const verifier = call.recipe.pkce === 'omit' ? oauth.nopkce : grant.verifier.expose()
    await oauth.authorizationCodeGrantRequest(
      ...([server, client, authentication, grant.parameters, grant.redirectUri] as const),
      verifier,
      options,
    )
    return
  }
  const scope = grant.requestedScope.join(call.recipe.scopeSeparator)
  const additionalParameters = asking.sendsScope && scope !== '' ? { scope } : {}
  if (grant.kind === 'machine') {
    const params = additionalParameters
    await oauth.clientCredentialsGrantRequest(server, client, authentication, params, options)
    return
  }
  await oauth.refreshTokenGrantRequest(server, client, authentication, grant.token.expose(), {
    ...options,
    additionalParameters,
  })
}

function discoveredMethod({ server }: Call): ClientAuthMethod {
  const listed = server.token_endpoint_auth_methods_supported
  const onlyPost = listed?.includes('client_secret_post') && !listed.includes('client_secret_basic')
  return onlyPost ? 'post' : 'basic'
}

/** RFC 6749 §2.3.1, and what became of it; null where the secret does not fit. */
function clientAuthentication(
  means: Means,
  call: Call,
  method: ClientAuthMethod,
  sealed: Sealed | null,
): oauth.ClientAuth | null {
  const { client, recipe, variables, endpoints } = call
  if (typeof method === 'object') {
    return (
      clientAuthStrategies[method.strategy]?.({
        id: client.id,
        secret: sealed?.open().expose() ?? '',
        options: fillAll(method.with, variables),
        tokenEndpoint: endpoints.token?.url ?? new URL('https://token.invalid/'),
        now: means.clock.now(),
      }) ?? null
    )
  }
  if (sealed === null && !recipe.sendsEmptySecret) return oauth.None()
  const secret = sealed?.open().expose() ?? ''
  switch (method) {
    case 'none':
      return oauth.None()
    case 'post':
      return oauth.ClientSecretPost(secret)
    case 'basic':
      return basic(formEncode(client.id), formEncode(secret))
    case 'basic-raw':
      return basic(client.id, secret)
    case 'secret-as-user':
      return basic(secret, '')
    default:
      return method satisfies never
  }
}

function basic(user: string, password: string): oauth.ClientAuth {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  return (_server, _client, _body, headers) => headers.set('authorization', `Basic ${credentials}`)
}

/** Only what must be: a server that does not decode still understands plain letters and hyphens. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

export type SideCall = {
  readonly shape: SideRequest
  readonly defaults: Required<Pick<SideRequest, 'method' | 'auth' | 'tokenParam'>>
  readonly target: Target
  readonly token: Secret
  readonly secret: Sealed | null
  readonly hint?: 'refresh_token' | 'access_token' | null
}

/** A request beside the token endpoint, with one token: a probe or a revocation. */
export async function sendSideRequest(means: Means, call: Call, side: SideCall): Promise<Sent> {
  const { target, token, secret, hint } = side
  const shape = { ...side.defaults, ...side.shape }
  const params = new URLSearchParams()
  const headers = new Headers(fillAll(shape.headers ?? {}, call.variables))
  if (shape.tokenParam != null) params.set(shape.tokenParam, token.expose())
  if (hint != null) params.set('token_type_hint', hint)
  if (shape.auth === 'token') {
    const { name, scheme: usual } = call.recipe.apiHeader
    const scheme = shape.scheme ?? usual
    headers.set(name, scheme === null ? token.expose() : `${scheme} ${token.expose()}`)
  } else if (shape.auth === 'secret') {
    headers.set('authorization', `${shape.scheme ?? 'Bearer'} ${secret?.open().expose() ?? ''}`)
  } else if (shape.auth === 'client') {
    const method = shape.clientAuth ?? call.recipe.clientAuth ?? discoveredMethod(call)
    const authentication = clientAuthentication(means, call, method, secret)
    await authentication?.(call.server, { client_id: call.client.id }, params, headers)
  }
  addMissing(params, fillAll(shape.params ?? {}, call.variables))
  const plain = {
    url: target.url,
    params: rename(params, { ...call.recipe.rename, ...shape.rename }),
    headers,
  }
  const as = { format: shape.format ?? 'form', method: shape.method ?? 'POST' }
  const secrets = [token.expose(), secret?.open().expose() ?? '']
  return send(means, call, { spoken: put(plain, as), target, secrets })
}

type Outgoing = {
  readonly spoken: SpokenRequest
  readonly target: Target
  readonly secrets: readonly string[]
}

async function send(means: Means, call: Call, request: Outgoing): Promise<Sent> {
  const { spoken, target, secrets } = request
  const outgoing = { ...spoken, reach: target.reach, deadlineMs: call.remainingMs() }
  return sentRequest(await means.egress.send(outgoing), spoken, secrets)
}

/** What carries a user's own credentials. */
export function headerOf(credentials: Credentials, { provider }: Call): Header {
  switch (credentials.kind) {
    case 'basic': {
      const password = credentials.password.expose()
      return credentialsHeader({ ...credentials, password }, provider)
    }
    case 'api_key':
      return credentialsHeader({ ...credentials, apiKey: credentials.apiKey.expose() }, provider)
    default:
      return credentials satisfies never
  }
}

/** Whether a callback that its provider signs is signed with one of the client's secrets. */
export function isAuthentic(
  { recipe, client }: Call,
  callback: ReadonlyMap<string, string>,
): boolean {
  if (recipe.callbackStrategy === undefined) return true
  const strategy = callbackStrategies[recipe.callbackStrategy]
  return client.secrets.some(
    (sealed) =>
      sealed !== null &&
      strategy?.({ parameters: callback, secret: sealed.open().expose() }) === true,
  )
}

/** The nonce as the library compares it with the id token's. */
export function expectedNonce(nonce: Secret | null): string | typeof oauth.expectNoNonce {
  return nonce === null ? oauth.expectNoNonce : nonce.expose()
}
