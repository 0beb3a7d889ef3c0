import type { Provider } from '../../core/connection/provider.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Recipe } from './preset-schema.ts'

/** Everything that the token endpoint needs to know about a provider. */
export type ConfiguredProvider = {
  readonly provider: Provider
  readonly recipe: Recipe
  /** Null if every connection has its own client. */
  readonly client: { readonly id: string; readonly secrets: readonly Secret[] } | null
  /** Parameters that the operator set. Parameters of a connection override them. */
  readonly params: Readonly<Record<string, string>>
  readonly allowPrivateNetwork: boolean
  /** Allows the private network, and http to addresses that are not on the internet. */
  readonly allowPlainHttp: boolean
}
