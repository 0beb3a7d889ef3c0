import type { AuthorizationStart, ExchangeOutcome } from '../core/connect/flow.ts'
import type { Account, ClientCredentials } from '../core/connection/connection.ts'
import type { Credentials } from '../core/connection/credentials.ts'
import type { Instant, ProviderId } from '../core/base/ids.ts'
import type { RevocationOutcome, RevocationRequest } from '../core/connection/revocation.ts'
import type { AttemptOutcome, RefreshOutcome } from '../core/refresh/refresh-outcome.ts'
import type { Secret } from '../core/base/secret.ts'

export type AuthorizationRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly redirectUri: string
  readonly scope: readonly string[]
  readonly state: Secret
  readonly loginHint: string | null
}

export type ExchangeRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly redirectUri: string
  /** Every parameter of the callback, as it came; its state was checked against the stored hash. */
  readonly callback: ReadonlyMap<string, string>
  readonly verifier: Secret
  readonly nonce: Secret | null
  readonly requestedScope: readonly string[]
}

/** Where to refresh, with what; `providerData` is what earlier answers said. */
export type RefreshRequest = {
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  readonly requestedScope: readonly string[]
  readonly refreshToken: Secret
}

export type CredentialsRequest = {
  readonly provider: ProviderId
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  readonly credentials: Credentials
}

export type IdentifyOutcome =
  | {
      readonly kind: 'ok'
      readonly account: Account
      /** What else the answer told that later calls need. */
      readonly providerData?: Readonly<Record<string, unknown>>
    }
  /** The provider has nothing to ask, or answers no account. */
  | { readonly kind: 'unknown' }
  /** The token is not of the account that the provider's kept data belong to. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unavailable'; readonly detail: string }

/** Everything that is said to a provider. No method throws for what a provider answers. */
export interface TokenEndpoint {
  /** Throws `VaultError` where discovery fails or the provider is misconfigured. */
  begin(request: AuthorizationRequest): Promise<AuthorizationStart>
  exchange(request: ExchangeRequest): Promise<ExchangeOutcome>
  refresh(request: RefreshRequest): Promise<RefreshOutcome>
  /** Userinfo or the preset's probe, with an access token. */
  identify(request: {
    readonly provider: ProviderId
    readonly client: ClientCredentials | null
    readonly params: Readonly<Record<string, string>>
    readonly providerData: Readonly<Record<string, unknown>>
    readonly accessToken: Secret
    /** The app imported this access token: what came with other tokens says nothing of it. */
    readonly isImported?: boolean
  }): Promise<IdentifyOutcome>
  revoke(revocation: RevocationRequest): Promise<RevocationOutcome>
  /** Whether a revocation could be sent; true if nobody can tell now. Takes two seconds at most. */
  canRevoke(
    about: Pick<RevocationRequest, 'provider' | 'client' | 'params' | 'providerData'>,
  ): Promise<boolean>
  /** RFC 6749 §4.4, or the preset's own grant: a token of the client's own. It spends nothing. */
  fetchToken(request: Omit<RefreshRequest, 'refreshToken'>): Promise<RefreshOutcome>
  /** Whether the provider takes credentials, by the preset's probe; `grant_dead`: it does not. */
  checkCredentials(request: CredentialsRequest): Promise<Exclude<AttemptOutcome, { kind: 'ok' }>>
  /** How far the clock of each provider was ahead of ours when it last answered for tokens. */
  clockSkewsMs(): ReadonlyMap<ProviderId, number>
  /** Why the provider could not be asked when it was last tried; null: it could. */
  faultOf(provider: ProviderId): ProviderFault | null
  /** Asks the issuers that gave no metadata yet, or none when they were last asked. */
  askIssuers(): Promise<void>
  /** Which secret of the configured client the provider accepted last; null: it has none. */
  secretInUse(provider: ProviderId): SecretInUse | null
  /** The configured client or the connection's own by its public id, to which tokens are issued. */
  clientName(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * Tells clients apart for lanes, circuits and sibling grants. The key of a connection's own client
   * holds a keyed fingerprint of its secret, unless that secret is the configured client's.
   */
  clientKey(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * The sets of grants that a revocation at this client may reach: two clients with one in common may
   * hold the same grant of a user. Wider than `clientKey`: it spans provider ids and secrets.
   */
  grantKeys(provider: ProviderId, client: ClientCredentials | null): readonly string[]
}

export type ProviderFault = {
  readonly reason: 'unavailable' | 'misconfigured'
  readonly since: Instant
  /** Null: when somebody uses the provider. */
  readonly retryAt: Instant | null
}

export type SecretInUse = {
  /** In the list of the settings, from 0; null: none was accepted since they were read. */
  readonly index: number | null
  readonly count: number
}
