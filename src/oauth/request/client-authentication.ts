import * as oauth from 'oauth4webapi'
import type { Sealed } from '../../core/base/secret.ts'
import type { ProviderCall } from './prepare-call.ts'
import type { ClientAuthMethod } from '../recipe/preset-fields.ts'
import { clientAuthStrategies } from './strategies.ts'
import { fillAll } from './template.ts'
import type { Means } from './means.ts'

/**
 * The client authentication for oauth4webapi (RFC 6749 §2.3.1 and later methods). Null if the
 * method cannot use the secret.
 */
export function clientAuthentication(
  means: Means,
  call: ProviderCall,
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

export function discoveredMethod({ server }: ProviderCall): ClientAuthMethod {
  const listed = server.token_endpoint_auth_methods_supported
  const onlyPost = listed?.includes('client_secret_post') && !listed.includes('client_secret_basic')
  return onlyPost ? 'post' : 'basic'
}

function basic(user: string, password: string): oauth.ClientAuth {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  return (_server, _client, _body, headers) => headers.set('authorization', `Basic ${credentials}`)
}

/**
 * Encodes only reserved characters, so that a secret of letters and hyphens also works if the
 * server does not decode it.
 */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
