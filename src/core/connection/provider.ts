import type { Credentials } from './credentials.ts'
import type { Instant, ProviderId } from '../base/ids.ts'

/** A parameter of a preset, such as a tenant. Every value is checked against its pattern. */
export type ProviderParam = {
  readonly description: string
  /** Anchored. */
  readonly pattern: RegExp
  readonly required: boolean
  readonly default: string | null
}

/** How the connect page asks for a user's credentials, and how they are sent. */
export type CredentialsForm = {
  readonly kind: Credentials['kind']
  readonly labels: { readonly username: string; readonly secret: string }
  /** How to make such a password or key, in a sentence or two; `helpUrl` is the provider's page. */
  readonly help: string | null
  readonly helpUrl: string | null
  /** With Basic, the API key is the user name and this the password; null: no Basic. */
  readonly basicPassword: string | null
  /** Whether the provider can check them. */
  readonly isProbed: boolean
  /** What names the account. */
  readonly identifiedBy: 'username' | 'probe'
}

/** A configured provider, as use cases see it. How to call it stays in `oauth/`. */
export type Provider = {
  readonly id: ProviderId
  readonly name: string
  readonly connectsBy: 'link' | 'credentials' | 'machine'
  /** Set if it connects by credentials. */
  readonly credentials: CredentialsForm | null
  /** The parameter that names the account of a machine connection. */
  readonly accountParam: string | null
  /** Requested if a link names none. */
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
    /** `account`: revoking one token ends, or may end, every grant of this account at this client. */
    readonly reach: 'token' | 'account'
  }
  /** Hosts and vendors. Providers with one in common may share a user's grants. */
  readonly grantDomains: readonly string[]
  /** Callback error codes, besides `access_denied`, for a user who declined. */
  readonly deniedBy: readonly string[]
  /** Callback error codes for a kind of account that cannot be connected. */
  readonly unsupportedBy: readonly string[]
}

export type RefreshTraits = {
  /** See `mayPresentAgain`. */
  readonly replay: 'allowed' | 'within-grace' | 'never'
  /** How long the provider accepts a spent refresh token. */
  readonly graceMs: number
  /** Lifetime of an access token if the answer states none; null: not known. */
  readonly accessTokenLifetimeMs: number | null
  /** Absolute and idle lifetime of a refresh token if the answer states none; null: no known limit. */
  readonly refreshTokenLifetimeMs: number | null
  readonly refreshTokenIdleMs: number | null
  /** How often the provider requires a refresh, whatever the lifetime of the access token. */
  readonly renewEveryMs: number | null
  /** Whether a consent yields a refresh token if the app is set up correctly. */
  readonly issuesRefreshTokens: boolean
  /** What the operator changes if no refresh token comes. */
  readonly remedy: string | null
  /** How many grants one account may have at one client; one more ends the oldest. */
  readonly grantsPerAccount: number | null
  /** A refresh ends the refresh tokens of the account's other grants at this client. */
  readonly endsSiblings: boolean
  /** A refresh ends the previous access token early. */
  readonly endsAccessToken: boolean
}

/**
 * Whether a refresh token that an attempt at `sentAt` may have spent can be sent again. If not, the
 * provider would answer the reuse by ending the whole grant.
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

/** The scopes of a link: those wished, else the provider's own; and those that identify the account. */
export function scopesToRequest(
  provider: Pick<Provider, 'scopes' | 'identityScopes'>,
  wished: readonly string[] | null,
): readonly string[] {
  return [...new Set([...provider.identityScopes, ...(wished ?? provider.scopes)])]
}

/** The same for every id, so that a key learns nothing of providers outside its reach. */
export const NOT_CONFIGURED =
  'is not configured: if docs/providers.md lists it, it is a preset, which LARDER_<ID>_CLIENT_ID and ' +
  'LARDER_<ID>_CLIENT_SECRET enable; else add it under providers in larder.yaml'
