import type { Credentials } from './credentials.ts'
import type { Instant, ProviderId } from '../base/ids.ts'

/** A parameter of a preset (tenant, subdomain …), checked by its pattern wherever it is handed in. */
export type ProviderParam = {
  readonly description: string
  /** Anchored: the whole value must match. */
  readonly pattern: RegExp
  readonly required: boolean
  readonly default: string | null
}

/** How a user's own credentials are asked for, and what is made of them. */
export type CredentialsForm = {
  readonly kind: Credentials['kind']
  readonly labels: { readonly username: string; readonly secret: string }
  /** Where such a password or key is made: a sentence or two, and the provider's page. */
  readonly help: string | null
  readonly helpUrl: string | null
  /** API keys go as the user of Basic, with this for a password; null: behind the header's scheme. */
  readonly basicPassword: string | null
  /** Whether the provider can be asked if it takes them. */
  readonly isProbed: boolean
  /** Who says whose they are. */
  readonly identifiedBy: 'username' | 'probe'
}

/** What the use cases need to know of a configured provider; how to speak to it stays in `oauth/`. */
export type Provider = {
  readonly id: ProviderId
  readonly name: string
  readonly connectsBy: 'link' | 'credentials' | 'machine'
  /** Where it connects by them. */
  readonly credentials: CredentialsForm | null
  /** The parameter that names the account of a machine connection. */
  readonly accountParam: string | null
  /** Asked for when a link names none. */
  readonly scopes: readonly string[]
  /** Added to whatever is asked for: what the account's identity needs. */
  readonly identityScopes: readonly string[]
  readonly params: Readonly<Record<string, ProviderParam>>
  /** What to register at the provider. */
  readonly redirectUri: string
  /** Header that carries the token to the provider's API. */
  readonly apiHeader: { readonly name: string; readonly scheme: string | null }
  readonly refresh: RefreshTraits
  readonly revocation: {
    readonly supported: boolean
    /** `account`: revoking one token ends every grant of this account at this client, or may. */
    readonly reach: 'token' | 'account'
  }
  /** Hosts and vendors; providers that have one in common may share a user's grants. */
  readonly grantDomains: readonly string[]
  /** Callback error codes beside `access_denied` that mean the user said no. */
  readonly deniedBy: readonly string[]
  /** Callback error codes that mean this kind of account cannot be connected. */
  readonly unsupportedBy: readonly string[]
}

export type RefreshTraits = {
  /** See `mayPresentAgain`. */
  readonly replay: 'allowed' | 'within-grace' | 'never'
  /** How long after an attempt a spent refresh token is still answered. */
  readonly graceMs: number
  /** The life of an access token where answers state none; null: not known. */
  readonly accessTokenLifetimeMs: number | null
  /** Absolute and idle life of a refresh token where answers state none; null: no limit known. */
  readonly refreshTokenLifetimeMs: number | null
  readonly refreshTokenIdleMs: number | null
  /** The provider asks to renew so often, however long an access token lives. */
  readonly renewEveryMs: number | null
  /** Whether a user's connection comes with a refresh token, where the app is set up as it should. */
  readonly issuesRefreshTokens: boolean
  /** What to change at the provider, or in what is asked of it, where none comes. */
  readonly remedy: string | null
  /** Live grants of one account at one client; one more ends the oldest. */
  readonly grantsPerAccount: number | null
  /** A refresh ends the refresh tokens of the same account's other grants at the same client. */
  readonly endsSiblings: boolean
  /** A refresh ends the access token before it, however long that was to live. */
  readonly endsAccessToken: boolean
}

/**
 * Whether a refresh token may be presented again that an attempt at `sentAt` may have spent. `never` and
 * `within-grace` (once its time is over): the provider answers a reuse by ending what replaced the token.
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

/** What a provider does of which nothing is known. */
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

/** The scopes a link asks for: what was wished, else the provider's own, and what identity needs. */
export function scopesToRequest(
  provider: Pick<Provider, 'scopes' | 'identityScopes'>,
  wished: readonly string[] | null,
): readonly string[] {
  return [...new Set([...provider.identityScopes, ...(wished ?? provider.scopes)])]
}

/** The same words for every id: a narrowed key learns nothing of providers outside its reach. */
export const NOT_CONFIGURED =
  'is not configured: if docs/providers.md lists it, it is a preset, which LARDER_<ID>_CLIENT_ID and ' +
  'LARDER_<ID>_CLIENT_SECRET enable; else add it under providers in larder.yaml'
