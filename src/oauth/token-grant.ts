import type { Secret } from '../core/secret.ts'
import type { Call } from './call.ts'
import type { Target } from './endpoints.ts'
import type { TokenRequest } from './presets/shapes.ts'

/** What is handed to a token endpoint. */
export type TokenGrant =
  | {
      readonly kind: 'code'
      readonly parameters: URLSearchParams
      readonly redirectUri: string
      readonly verifier: Secret
    }
  | { readonly kind: 'machine'; readonly requestedScope: readonly string[] }
  /** `second`: right after the exchange, with the access token. */
  | {
      readonly kind: 'refresh' | 'second'
      readonly token: Secret
      readonly requestedScope: readonly string[]
    }

/** Where it goes, and what its request does otherwise than others. */
export function formOf(
  call: Call,
  grant: TokenGrant,
): { readonly own: TokenRequest; readonly target: Target | null } {
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
