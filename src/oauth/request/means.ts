import type { JWKSCacheInput } from 'oauth4webapi'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Discovery } from './discovery.ts'
import type { Egress } from '../egress/egress.ts'
import type { ProviderFaults } from '../answer/provider-faults.ts'
import type { SecretsInUse } from './secrets-in-use.ts'
import type { ConfiguredProvider } from '../recipe/configured-provider.ts'
import type { ClientCredentials } from '../../core/connection/connection.ts'

/** The keys of one address. */
export type KeptKeys = {
  /** Filled and read by the library. */
  input: JWKSCacheInput
  /** When they were last fetched before their time was over; monotonic. */
  askedAgainAt: number | null
}

/** What every method of the token endpoint works with. */
export type Means = {
  readonly configured: ReadonlyMap<ProviderId, ConfiguredProvider>
  readonly egress: Egress
  readonly clock: Clock
  readonly discovery: Discovery
  readonly jwks: Map<string, KeptKeys>
  readonly clockSkewsMs: Map<ProviderId, number>
  readonly secretsInUse: SecretsInUse
  readonly faults: ProviderFaults
  /** Hard end of one method, however many requests it makes. */
  readonly deadlineMs: number
}

export type ProviderCallRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  /** Monotonic; a later part of a method that has begun has no more time than its beginning left. */
  readonly until?: number
}
