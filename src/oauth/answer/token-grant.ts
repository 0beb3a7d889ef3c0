import type { Secret } from '../../core/base/secret.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import type { RequestTarget } from '../request/endpoint-addresses.ts'
import type { TokenRequest } from '../recipe/preset-fields.ts'

/** The kind of a token request, with its values. */
export type TokenGrant =
  | {
      readonly kind: 'code'
      readonly parameters: URLSearchParams
      readonly redirectUri: string
      readonly verifier: Secret
    }
  | { readonly kind: 'machine'; readonly requestedScope: readonly string[] }
  /**
   * `second`: sends the access token right after the exchange, to get a long-lived access token.
   */
  | {
      readonly kind: 'refresh' | 'second'
      readonly token: Secret
      readonly requestedScope: readonly string[]
    }

/** The target of a request, and its differences from other token requests of the provider. */
export function formOf(
  call: ProviderCall,
  grant: TokenGrant,
): { readonly own: TokenRequest; readonly target: RequestTarget | null } {
  const { recipe, endpoints } = call
  switch (grant.kind) {
    case 'code':
      return { own: recipe.exchangeRequest, target: endpoints.token }
    case 'refresh':
      return { own: recipe.refreshRequest, target: endpoints.refresh ?? endpoints.token }
    case 'machine':
      return { own: recipe.machineRequest, target: endpoints.token }
    case 'second': {
      const { url, ...own } = recipe.secondExchange ?? { url: '' }
      return { own, target: call.targetOf(url) }
    }
    default:
      return grant satisfies never
  }
}
