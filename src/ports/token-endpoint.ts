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
  /** The parameters of the callback. The state was checked already. */
  readonly callback: ReadonlyMap<string, string>
  readonly verifier: Secret
  readonly nonce: Secret | null
  readonly requestedScope: readonly string[]
}

/** What a refresh needs. `providerData` is from earlier answers. */
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
      /** Values of the answer that later calls need. */
      readonly providerData?: Readonly<Record<string, unknown>>
    }
  /** The provider has no endpoint for this, or names no account. */
  | { readonly kind: 'unknown' }
  /** The token is of another account than the stored provider data. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unavailable'; readonly detail: string }

/** All calls to providers. No method throws because of an answer. */
export interface TokenEndpoint {
  /** Throws `VaultError` if discovery fails or the provider is misconfigured. */
  begin(request: AuthorizationRequest): Promise<AuthorizationStart>
  exchange(request: ExchangeRequest): Promise<ExchangeOutcome>
  refresh(request: RefreshRequest): Promise<RefreshOutcome>
  /** Asks userinfo, or the probe of the preset, with an access token. */
  identify(request: {
    readonly provider: ProviderId
    readonly client: ClientCredentials | null
    readonly params: Readonly<Record<string, string>>
    readonly providerData: Readonly<Record<string, unknown>>
    readonly accessToken: Secret
    /** The app imported this access token, so values of other tokens do not apply. */
    readonly isImported?: boolean
  }): Promise<IdentifyOutcome>
  revoke(revocation: RevocationRequest): Promise<RevocationOutcome>
  /** Whether a revocation could be sent; true if unknown. Takes at most two seconds. */
  canRevoke(
    about: Pick<RevocationRequest, 'provider' | 'client' | 'params' | 'providerData'>,
  ): Promise<boolean>
  /** Gets a token of the client itself (RFC 6749 §4.4, or the grant of the preset). */
  fetchToken(request: Omit<RefreshRequest, 'refreshToken'>): Promise<RefreshOutcome>
  /** Asks the probe of the preset whether the credentials are valid; `grant_dead` if not. */
  checkCredentials(request: CredentialsRequest): Promise<Exclude<AttemptOutcome, { kind: 'ok' }>>
  /** How far the clock of each provider was ahead at its last token answer. */
  clockSkewsMs(): ReadonlyMap<ProviderId, number>
  /** Why the last call to the issuer failed; null if it did not. */
  faultOf(provider: ProviderId): ProviderFault | null
  /** Asks the issuers again whose metadata are missing or failed. */
  askIssuers(): Promise<void>
  /** The secret of the configured client that the provider accepted last; null without a secret. */
  secretInUse(provider: ProviderId): SecretInUse | null
  /** The client to which tokens are issued: configured, or own with its public id. */
  clientName(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * Identifies a client for lanes, circuits and siblings. The key of an own client has a keyed
   * fingerprint of its secret, unless the configured client has the same secret.
   */
  clientKey(provider: ProviderId, client: ClientCredentials | null): string
  /**
   * The sets of grants that a revocation at this client may reach. Two clients with a set in common may
   * hold the same grant. Wider than `clientKey`: across provider ids and secrets.
   */
  grantKeys(provider: ProviderId, client: ClientCredentials | null): readonly string[]
}

export type ProviderFault = {
  readonly reason: 'unavailable' | 'misconfigured'
  readonly since: Instant
  /** Null: at the first use of the provider. */
  readonly retryAt: Instant | null
}

export type SecretInUse = {
  /** The index in the settings, from 0; null if none was accepted since they were read. */
  readonly index: number | null
  readonly count: number
}
