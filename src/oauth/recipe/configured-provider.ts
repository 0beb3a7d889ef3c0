import type { Provider } from '../../core/connection/provider.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Recipe } from './preset-schema.ts'

/** All that the token endpoint needs to speak to a provider. */
export type ConfiguredProvider = {
  readonly provider: Provider
  readonly recipe: Recipe
  /** Null: every connection brings a client of its own. */
  readonly client: { readonly id: string; readonly secrets: readonly Secret[] } | null
  /** What the operator set; a connection's own parameters go before it. */
  readonly params: Readonly<Record<string, string>>
  readonly allowPrivateNetwork: boolean
  /** http to addresses that are not on the internet, and the private network with it. */
  readonly allowPlainHttp: boolean
}
