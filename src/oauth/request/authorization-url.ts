import * as oauth from 'oauth4webapi'
import type { Secret } from '../../core/base/secret.ts'
import { withParams } from '../../core/base/query.ts'
import type { AuthorizationRequest } from '../../ports/token-endpoint.ts'
import type { ProviderCall } from './prepare-call.ts'
import { addMissing, rename } from './dialect.ts'
import type { RequestTarget } from './endpoint-addresses.ts'
import { fillAll } from './template.ts'
import { callbackStrategies } from './strategies.ts'

export type FlowSecrets = {
  readonly state: Secret
  readonly verifier: Secret
  readonly nonce: Secret | null
}

/**
 * The URL to which the user is redirected (RFC 6749 §4.1.1). Protocol parameters are set last, so
 * that they override others.
 */
export async function authorizationUrl(
  call: ProviderCall,
  endpoint: RequestTarget,
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

/**
 * Sets the scopes. A preset can send some scopes in a second parameter. Omits an empty parameter.
 */
function setScopes(
  params: URLSearchParams,
  { recipe }: ProviderCall,
  scope: readonly string[],
): void {
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

/** The nonce in the form that oauth4webapi compares with the id token. */
export function expectedNonce(nonce: Secret | null): string | typeof oauth.expectNoNonce {
  return nonce === null ? oauth.expectNoNonce : nonce.expose()
}

/**
 * Whether the signature of a callback matches one of the client's secrets. True if the provider
 * does not sign callbacks.
 */
export function isAuthentic(
  { recipe, client }: ProviderCall,
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
