import * as oauth from 'oauth4webapi'
import { type Credentials } from '../../core/connection/credentials.ts'
import type { Sealed, Secret } from '../../core/base/secret.ts'
import type { ProviderCall } from './prepare-call.ts'
import { addMissing, put, rename, speakTokenRequest, type SpokenRequest } from './dialect.ts'
import type { RequestTarget } from './endpoint-addresses.ts'
import type { SideRequest } from '../recipe/preset-fields.ts'
import { type SentRequest, sentRequest } from '../egress/sent-request.ts'
import { fillAll } from './template.ts'
import { formOf, type TokenGrant } from '../answer/token-grant.ts'
import { credentialsHeader, type Header } from '../../core/connection/credentials-header.ts'
import type { Means } from './means.ts'
import { clientAuthentication, discoveredMethod } from './client-authentication.ts'

/**
 * Sends one token request, built by oauth4webapi and changed by the preset. If the authentication
 * method cannot use the client's secret, sends nothing and returns null.
 */
export async function sendTokenRequest(
  means: Means,
  call: ProviderCall,
  grant: TokenGrant,
  secret: Sealed | null,
): Promise<SentRequest | null> {
  const { own, target } = formOf(call, grant)
  if (target === null) throw new Error('a token request needs an endpoint')
  const method = own.clientAuth ?? call.recipe.clientAuth ?? discoveredMethod(call)
  const authentication = clientAuthentication(means, call, method, secret)
  if (authentication === null) return null
  const attempt: { sent?: SentRequest } = {}
  // oauth4webapi gets this dummy response, because the caller reads the real one. The dummy is
  // created before the request is sent, to save a tenth of a millisecond after the answer arrives:
  // a kill in that time loses the grant.
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

async function ask(call: ProviderCall, grant: TokenGrant, asking: Asking): Promise<void> {
  const { authentication, options } = asking
  const client = { client_id: call.client.id }
  // oauth4webapi requires an endpoint, but `target` decides where the request goes.
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

export type SideCall = {
  readonly shape: SideRequest
  readonly defaults: Required<Pick<SideRequest, 'method' | 'auth' | 'tokenParam'>>
  readonly target: RequestTarget
  readonly token: Secret
  readonly secret: Sealed | null
  readonly hint?: 'refresh_token' | 'access_token' | null
}

/** How a preset's questions about a token are asked if it does not say otherwise. */
export const PROBE = { method: 'GET', auth: 'token', tokenParam: null } as const

/** Sends one token to another endpoint: a probe or a revocation. */
export async function sendSideRequest(
  means: Means,
  call: ProviderCall,
  side: SideCall,
): Promise<SentRequest> {
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
  readonly target: RequestTarget
  readonly secrets: readonly string[]
}

async function send(means: Means, call: ProviderCall, request: Outgoing): Promise<SentRequest> {
  const { spoken, target, secrets } = request
  const outgoing = { ...spoken, reach: target.reach, deadlineMs: call.remainingMs() }
  return sentRequest(await means.egress.send(outgoing), spoken, secrets)
}

/** The header with the user's credentials. */
export function headerOf(credentials: Credentials, { provider }: ProviderCall): Header {
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
