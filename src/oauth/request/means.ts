import type { JWKSCacheInput } from 'oauth4webapi'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Discovery } from './discovery.ts'
import type { Egress } from '../egress/egress.ts'
import type { ProviderFaults } from '../answer/provider-faults.ts'
import type { SecretsInUse } from './secrets-in-use.ts'
import type { ConfiguredProvider } from '../recipe/configured-provider.ts'
import type { ClientCredentials } from '../../core/connection/connection.ts'

/** The keys of one JWKS address. */
export type KeptKeys = {
  /** The key cache of oauth4webapi. */
  input: JWKSCacheInput
  /** Monotonic time of the last fetch that was made because no cached key matched. */
  askedAgainAt: number | null
}

/** The dependencies of every method of the token endpoint. */
export type Means = {
  readonly configured: ReadonlyMap<ProviderId, ConfiguredProvider>
  readonly egress: Egress
  readonly clock: Clock
  readonly discovery: Discovery
  readonly jwks: Map<string, KeptKeys>
  readonly clockSkewsMs: Map<ProviderId, number>
  readonly secretsInUse: SecretsInUse
  readonly faults: ProviderFaults
  /** The time limit of one method call, for all its requests together. */
  readonly deadlineMs: number
}

export type ProviderCallRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  /**
   * The monotonic time at which the time limit ends. A later step of a method has only the time
   * that remains.
   */
  readonly until?: number
}
