import type { Credentials } from './credentials.ts'
import type { AttemptId, ConnectionId, GrantId, Instant, ProviderId, UserId } from '../base/ids.ts'
import type { Sealed, Secret } from '../base/secret.ts'

/** The account at the provider. Unknown fields are null. */
export type Account = {
  readonly id: string | null
  readonly email: string | null
  /** Set only if the provider says that it has verified the e-mail. */
  readonly emailVerified?: true
  readonly name: string | null
}

/** A caller's report that the provider's API rejected a token or credentials. */
export type TokenReport = {
  /**
   * True: this token was reported, and no read returns it. False: the previous token was reported.
   */
  readonly stands: boolean
  /** From this time on, a report may cause a refresh again. */
  readonly refreshFrom: Instant
}

export type AccessToken = {
  /** A keyed hash. It distinguishes tokens without revealing them. */
  readonly tokenId: string
  readonly secret: Secret
  /** In the provider's spelling. `Bearer` if the provider states no token type. */
  readonly tokenType: string
  /** When the request for this token was sent. Lifetimes count from here. */
  readonly issuedAt: Instant
  /** Null if neither the provider nor its preset states a lifetime. */
  readonly expiresAt: Instant | null
  readonly report?: TokenReport
}

/** Credentials as a read returns them. They have no known expiry. */
export type HeldCredentials = Credentials & {
  readonly tokenId: string
  readonly report?: TokenReport
}

type GrantCommon = {
  readonly id: GrantId
  readonly generation: number
  readonly requestedScope: readonly string[]
  readonly scope: readonly string[]
}

/**
 * The owner of a grant. `proven`: the provider named this account for a token of this client, after
 * a consent or after a refresh with the grant's own refresh token. `unproven`: the refresh token
 * was imported and never sent. `told` is the account that the provider named for the imported
 * access token. `unknown`: the provider names no account, or the row is older than this field.
 */
export type GrantOwner =
  | { readonly is: 'proven'; readonly accountId: string }
  | { readonly is: 'unproven'; readonly told: Account | null }
  | { readonly is: 'unknown' }

export const UNKNOWN_OWNER: GrantOwner = { is: 'unknown' }

/** The tokens from a user's consent, or from an import. */
export type OAuthGrant = GrantCommon & {
  readonly kind: 'oauth'
  /**
   * Null before the first refresh of an imported refresh token, or if the stored token is
   * unreadable.
   */
  readonly token: AccessToken | null
  readonly refreshToken: Sealed | null
  /** The `clientName` that the refresh token is bound to (RFC 6749 §10.4). Null: not known. */
  readonly issuedTo: string | null
  readonly owner: GrantOwner
  readonly refreshTokenExpiresAt: Instant | null
  /**
   * When to notify the host app of the expiry. Null if no expiry is known, or if the app has
   * already been notified.
   */
  readonly endNoticeAt: Instant | null
}

/**
 * Tokens of the client itself, without a user (RFC 6749 §4.4). The client can always request
 * another token.
 */
export type MachineGrant = GrantCommon & {
  readonly kind: 'machine'
  readonly token: AccessToken | null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** The user's own credentials. Larder cannot renew credentials. They have no scopes. */
export type CredentialsGrant = GrantCommon & {
  readonly kind: 'credentials'
  /** Null if the stored credentials are unreadable. */
  readonly credentials: HeldCredentials | null
  readonly token: null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** A reconnect creates a new grant. A refresh creates a new generation of the grant. */
export type Grant = OAuthGrant | MachineGrant | CredentialsGrant

/** A refresh with an unknown outcome: the refresh token may be spent. */
export type Attempt = {
  readonly id: AttemptId
  readonly sentAt: Instant
}

/** `refused`: the provider repeats a refusal that may concern the grant or the client. */
export const FAILURE_REASONS = [
  'revoked',
  'expired',
  'interrupted',
  'no_refresh_token',
  'account_mismatch',
  'unproven',
  'provider_unavailable',
  'provider_misconfigured',
  'throttled',
  'refused',
  'unreadable',
] as const

export type FailureReason = (typeof FAILURE_REASONS)[number]

/** Equal refusals of one grant, with no success in between. See `rejection.ts`. */
export type Rejections = {
  readonly answer: string
  readonly since: Instant
  readonly times: number
}

export type Failure = {
  readonly reason: FailureReason
  /** An error code of the provider or a constant sentence, never free text from the provider. */
  readonly detail: string
  readonly since: Instant
  readonly attempts: number
  readonly rejections?: Rejections
}

/** A connection's own OAuth client, used instead of the configured one. */
export type ClientCredentials = {
  readonly id: string
  readonly secret: Sealed | null
}

type Common = {
  readonly id: ConnectionId
  readonly userId: UserId
  readonly provider: ProviderId
  readonly account: Account
  readonly label: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  /** Values of the preset's parameters, such as a tenant. */
  readonly params: Readonly<Record<string, string>>
  /** Values from the provider's answers that later calls need (`instance_url`, `team.id` …). */
  readonly providerData: Readonly<Record<string, unknown>>
  readonly client: ClientCredentials | null
  /**
   * Set for a draft. A draft is sealed and refreshed like any other connection, but no list
   * contains it. `replaces`: the connection that gets the draft's grant when a refresh has proven
   * it.
   */
  readonly draft: { readonly replaces: ConnectionId | null } | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly lastRefreshedAt: Instant | null
  /** A little older than the last read: see `RECORD_READS_EVERY_MS`. Null if it is not known. */
  readonly lastReadAt: Instant | null
}

type Live = Common & {
  readonly grant: Grant
  /** The last attempt, while its outcome is unknown. */
  readonly attempt: Attempt | null
  /** When the schedule next refreshes, retries or probes; null: never. */
  readonly dueAt: Instant | null
}

export type ActiveConnection = Live & { readonly status: 'active'; readonly failure: null }
export type FailingConnection = Live & { readonly status: 'failing'; readonly failure: Failure }
export type DisconnectedConnection = Live & {
  readonly status: 'disconnected'
  readonly failure: Failure
}
/**
 * The user has consented, but the host app has not confirmed. The grant is stored with the link.
 */
export type PendingConnection = Common & { readonly status: 'pending' }

export type LiveConnection = ActiveConnection | FailingConnection | DisconnectedConnection
export type Connection = LiveConnection | PendingConnection
export type Status = Connection['status']

export function isLive(connection: Connection): connection is LiveConnection {
  return connection.status !== 'pending'
}

/** Whether the connection has a valid token or credentials at `now`, without a refresh. */
export function tokenLives(connection: Connection, now: Instant): boolean {
  if (!isLive(connection)) return false
  const { grant } = connection
  const served = servable(grant)
  if (served === null || served.report?.stands === true) return false
  return grant.token === null || grant.token.expiresAt === null || grant.token.expiresAt > now
}

/** The token or the credentials of a grant. */
export function servable(grant: Grant): AccessToken | HeldCredentials | null {
  return grant.kind === 'credentials' ? grant.credentials : grant.token
}

/** Whether Larder can get the next token without the user. */
export function isRenewable(grant: Grant): boolean {
  switch (grant.kind) {
    case 'oauth':
      return grant.refreshToken !== null
    case 'machine':
      return true
    case 'credentials':
      return false
    default:
      return grant satisfies never
  }
}

/**
 * Requested scopes that were not granted. Providers do not list a scope that only requests a token,
 * such as `offline_access`: such a scope is treated as granted if that token was received.
 */
export function missingScope(grant: Grant): readonly string[] {
  const granted = new Set(grant.scope)
  const hasCome = (scope: string) => {
    const word = instructionIn(scope)
    return word !== null && (!OFFLINE.test(word) || isRenewable(grant))
  }
  return grant.requestedScope.filter((scope) => !granted.has(scope) && !hasCome(scope))
}

/** Scopes that request a refresh token. */
const OFFLINE = /^(?:offline(?:[._-]?access)?|refresh[._-]?token)$/
/**
 * The scope that requests an id token. If a provider issues id tokens, a connect without one fails.
 */
const IDENTITY = /^openid$/

/** Ignores case and a prefix: some providers put the URL of a resource before the scope. */
function instructionIn(scope: string): string | null {
  const word = scope.toLowerCase().replace(/^(?:[a-z][a-z\d+.-]*:\/\/.*\/|urn:.*:)/, '')
  return OFFLINE.test(word) || IDENTITY.test(word) ? word : null
}
