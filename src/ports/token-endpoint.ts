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
  /** The parameters of the callback. The state is already verified. */
  readonly callback: ReadonlyMap<string, string>
  readonly verifier: Secret
  readonly nonce: Secret | null
  readonly requestedScope: readonly string[]
}

/** The input of a refresh. `providerData` comes from earlier responses. */
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
      /** Values from the response that later calls need. */
      readonly providerData?: Readonly<Record<string, unknown>>
    }
  /** The provider has no endpoint that names the account, or its response names no account. */
  | { readonly kind: 'unknown' }
  /** The token belongs to another account than the stored provider data. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unavailable'; readonly detail: string }

/** All calls to providers. No method throws because of a provider's response. */
export interface TokenEndpoint {
  /** Throws `VaultError` if discovery fails or the provider is misconfigured. */
  begin(request: AuthorizationRequest): Promise<AuthorizationStart>
  exchange(request: ExchangeRequest): Promise<ExchangeOutcome>
  refresh(request: RefreshRequest): Promise<RefreshOutcome>
  /** Asks userinfo, or the probe of the preset, which account the access token belongs to. */
  identify(request: {
    readonly provider: ProviderId
    readonly client: ClientCredentials | null
    readonly params: Readonly<Record<string, string>>
    readonly providerData: Readonly<Record<string, unknown>>
    readonly accessToken: Secret
    /**
     * Whether the app imported this access token. If so, values from responses with other tokens do
     * not apply.
     */
    readonly isImported?: boolean
  }): Promise<IdentifyOutcome>
  revoke(revocation: RevocationRequest): Promise<RevocationOutcome>
  /** Whether a revocation can be sent. True if unknown. Takes at most two seconds. */
  canRevoke(
    about: Pick<RevocationRequest, 'provider' | 'client' | 'params' | 'providerData'>,
  ): Promise<boolean>
  /** Gets a token of the client itself (RFC 6749 §4.4, or the grant of the preset). */
  fetchToken(request: Omit<RefreshRequest, 'refreshToken'>): Promise<RefreshOutcome>
  /**
   * Sends the preset's probe request to check the credentials. The outcome is `grant_dead` if the
   * credentials are invalid.
   */
  checkCredentials(request: CredentialsRequest): Promise<Exclude<AttemptOutcome, { kind: 'ok' }>>
  /** How far each provider's clock was ahead of Larder's clock at the last token response. */
  clockSkewsMs(): ReadonlyMap<ProviderId, number>
  /** Why the last call to the issuer failed; null if the call succeeded. */
  faultOf(provider: ProviderId): ProviderFault | null
  /** Fetches the metadata of issuers again if they are missing or the last fetch failed. */
  askIssuers(): Promise<void>
  /**
   * The configured client's secret that the provider accepted last; null for a client without a
   * secret.
   */
  secretInUse(provider: ProviderId): SecretInUse | null
  /**
   * The name of the client to which tokens are issued: the configured client, or a connection's own
   * client with its public id.
   */
  clientName(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * Identifies a client for lanes, circuits and siblings. The key of an own client contains a keyed
   * fingerprint of its secret, unless the configured client has the same secret.
   */
  clientKey(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * Keys for the sets of grants that a revocation with this client may end. Two clients with a
   * common key may hold the same grant. Unlike `clientKey`, these keys ignore provider ids and
   * secrets.
   */
  grantKeys(provider: ProviderId, client: ClientCredentials | null): readonly string[]
}

export type ProviderFault = {
  readonly reason: 'unavailable' | 'misconfigured'
  readonly since: Instant
  /** Null if there is no fixed time: Larder retries when the provider is next used. */
  readonly retryAt: Instant | null
}

export type SecretInUse = {
  /**
   * The index of the secret in the settings, from 0. Null if the provider has accepted no secret
   * since the settings were read.
   */
  readonly index: number | null
  readonly count: number
}
