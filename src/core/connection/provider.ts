import type { Credentials } from './credentials.ts'
import type { Instant, ProviderId } from '../base/ids.ts'

/** A parameter of a preset, such as a tenant. Every value is checked against its pattern. */
export type ProviderParam = {
  readonly description: string
  /** Must match the whole value. */
  readonly pattern: RegExp
  readonly required: boolean
  readonly default: string | null
}

/** How the connect page asks for credentials, and how Larder sends them to the provider. */
export type CredentialsForm = {
  readonly kind: Credentials['kind']
  readonly labels: { readonly username: string; readonly secret: string }
  /**
   * One or two sentences on how to create such a password or key. `helpUrl`: the provider's page.
   */
  readonly help: string | null
  readonly helpUrl: string | null
  /**
   * The password for HTTP Basic, with the API key as the user name. Null: the API key is not sent
   * as Basic.
   */
  readonly basicPassword: string | null
  /** Whether the provider can check the credentials. */
  readonly isProbed: boolean
  /** Where the account id comes from. */
  readonly identifiedBy: 'username' | 'probe'
}

/** A configured provider, for use cases. Only `oauth/` knows how to call it. */
export type Provider = {
  readonly id: ProviderId
  readonly name: string
  readonly connectsBy: 'link' | 'credentials' | 'machine'
  /** Set if `connectsBy` is `credentials`. */
  readonly credentials: CredentialsForm | null
  /** The parameter that names the account of a machine connection. */
  readonly accountParam: string | null
  /** Requested if the link names no scopes. */
  readonly scopes: readonly string[]
  /** Always requested, to identify the account. */
  readonly identityScopes: readonly string[]
  readonly params: Readonly<Record<string, ProviderParam>>
  /** The URI to register at the provider. */
  readonly redirectUri: string
  /** The header of API requests that carries the token. */
  readonly apiHeader: { readonly name: string; readonly scheme: string | null }
  readonly refresh: RefreshTraits
  readonly revocation: {
    readonly supported: boolean
    /** `account`: revoking one token may end every grant of this account at this client. */
    readonly reach: 'token' | 'account'
  }
  /** Hosts and vendor names. Two providers with a common entry may share a user's grants. */
  readonly grantDomains: readonly string[]
  /** Callback error codes that mean that the user declined, besides `access_denied`. */
  readonly deniedBy: readonly string[]
  /** Callback error codes that mean that this kind of account cannot be connected. */
  readonly unsupportedBy: readonly string[]
}

export type RefreshTraits = {
  /** See `mayPresentAgain`. */
  readonly replay: 'allowed' | 'within-grace' | 'never'
  /** How long the provider accepts a spent refresh token. */
  readonly graceMs: number
  /** The lifetime of an access token if the answer states none. Null: not known. */
  readonly accessTokenLifetimeMs: number | null
  /**
   * The lifetime and the idle timeout of a refresh token if the answer states none. Null: not
   * known.
   */
  readonly refreshTokenLifetimeMs: number | null
  readonly refreshTokenIdleMs: number | null
  /** How often the provider requires a refresh, even if the access token is still valid. */
  readonly renewEveryMs: number | null
  /** Whether a correctly configured app gets a refresh token for each consent. */
  readonly issuesRefreshTokens: boolean
  /** What the operator must change if the provider issues no refresh token. */
  readonly remedy: string | null
  /** How many grants one account may have at one client. A further grant ends the oldest one. */
  readonly grantsPerAccount: number | null
  /** Whether a refresh ends the refresh tokens of the account's other grants at this client. */
  readonly endsSiblings: boolean
  /** Whether a refresh ends the previous access token before that token expires. */
  readonly endsAccessToken: boolean
}

/**
 * Whether a refresh token may be sent again after an attempt at `sentAt` that may have spent it. If
 * it may not, the provider would end the whole grant on reuse.
 */
export function mayPresentAgain(
  { replay, graceMs }: Pick<RefreshTraits, 'replay' | 'graceMs'>,
  { sentAt, now }: { readonly sentAt: Instant; readonly now: Instant },
): boolean {
  switch (replay) {
    case 'allowed':
      return true
    case 'within-grace':
      return Math.abs(now - sentAt) <= graceMs
    case 'never':
      return false
    default:
      return replay satisfies never
  }
}

/** Traits of a provider that is not configured. */
export const UNKNOWN_TRAITS: RefreshTraits = {
  replay: 'allowed',
  graceMs: 0,
  accessTokenLifetimeMs: null,
  refreshTokenLifetimeMs: null,
  refreshTokenIdleMs: null,
  renewEveryMs: null,
  issuesRefreshTokens: true,
  remedy: null,
  grantsPerAccount: null,
  endsSiblings: false,
  endsAccessToken: false,
}

/**
 * Returns `wished`, or else the provider's default scopes, and the scopes that identify the
 * account.
 */
export function scopesToRequest(
  provider: Pick<Provider, 'scopes' | 'identityScopes'>,
  wished: readonly string[] | null,
): readonly string[] {
  return [...new Set([...provider.identityScopes, ...(wished ?? provider.scopes)])]
}

/** The same text for every id, so that a caller cannot find out which providers are configured. */
export const NOT_CONFIGURED =
  'is not configured: if docs/providers.md lists it, it is a preset, which LARDER_<ID>_CLIENT_ID and ' +
  'LARDER_<ID>_CLIENT_SECRET enable; else add it under providers in larder.yaml'
