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
  /** oauth4webapi fills and reads it. */
  input: JWKSCacheInput
  /** When the keys were last fetched again before they expired; monotonic. */
  askedAgainAt: number | null
}

/** What every method of the token endpoint needs. */
export type Means = {
  readonly configured: ReadonlyMap<ProviderId, ConfiguredProvider>
  readonly egress: Egress
  readonly clock: Clock
  readonly discovery: Discovery
  readonly jwks: Map<string, KeptKeys>
  readonly clockSkewsMs: Map<ProviderId, number>
  readonly secretsInUse: SecretsInUse
  readonly faults: ProviderFaults
  /** The time limit of one method, however many requests it makes. */
  readonly deadlineMs: number
}

export type ProviderCallRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  /**
   * The end of the time limit, monotonic; a later step of a method has the remaining time of the
   * first.
   */
  readonly until?: number
}
