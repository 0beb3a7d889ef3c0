import type { Credentials } from './credentials.ts'
import type { AttemptId, ConnectionId, GrantId, Instant, ProviderId, UserId } from '../base/ids.ts'
import type { Sealed, Secret } from '../base/secret.ts'

/** The account at the provider, as far as it is known. */
export type Account = {
  readonly id: string | null
  readonly email: string | null
  /** Set only if the provider says that it has verified the e-mail. */
  readonly emailVerified?: true
  readonly name: string | null
}

/** A caller's report that the provider's API refused a token, or credentials. */
export type TokenReport = {
  /** True: about this token, which is not served again. False: about the one before. */
  readonly stands: boolean
  /** When a report may cause a refresh again. */
  readonly refreshFrom: Instant
}

export type AccessToken = {
  /** A keyed hash: distinguishes tokens and reveals nothing of them. */
  readonly tokenId: string
  readonly secret: Secret
  /** In the spelling of the provider; `Bearer` if it named none. */
  readonly tokenType: string
  /** When the request for this token was sent. Lifetimes count from here. */
  readonly issuedAt: Instant
  /** Null if neither the provider nor its preset states a lifetime. */
  readonly expiresAt: Instant | null
  readonly report?: TokenReport
}

/** Credentials as they are served. They have no known end. */
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
 * The owner of a grant. `proven`: the provider has named this account for a token of this client, from a
 * consent or from a refresh with the grant's own refresh token. `unproven`: the refresh token was
 * imported and never sent; `told` is the account that the provider named for the imported access token.
 * `unknown`: the provider names no account, or the row is older than this field.
 */
export type GrantOwner =
  | { readonly is: 'proven'; readonly accountId: string }
  | { readonly is: 'unproven'; readonly told: Account | null }
  | { readonly is: 'unknown' }

export const UNKNOWN_OWNER: GrantOwner = { is: 'unknown' }

/** The tokens of one consent of the user, or of an import. */
export type OAuthGrant = GrantCommon & {
  readonly kind: 'oauth'
  /** Null until the first refresh of an imported refresh token, or if the stored token is unreadable. */
  readonly token: AccessToken | null
  readonly refreshToken: Sealed | null
  /** The `clientName` that the refresh token is bound to (RFC 6749 §10.4). Null: not known. */
  readonly issuedTo: string | null
  readonly owner: GrantOwner
  readonly refreshTokenExpiresAt: Instant | null
  /** When the host app is told of the end; null if there is no known end, or it was told. */
  readonly endNoticeAt: Instant | null
}

/** Tokens of the client itself, without a user (RFC 6749 §4.4). It can always ask for another. */
export type MachineGrant = GrantCommon & {
  readonly kind: 'machine'
  readonly token: AccessToken | null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** The user's own credentials. Nothing renews them, and they have no scopes. */
export type CredentialsGrant = GrantCommon & {
  readonly kind: 'credentials'
  /** Null if they are unreadable. */
  readonly credentials: HeldCredentials | null
  readonly token: null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** A reconnect makes a new grant, a refresh a new generation. */
export type Grant = OAuthGrant | MachineGrant | CredentialsGrant

/** A refresh with unknown outcome: its refresh token may be spent. */
export type Attempt = {
  readonly id: AttemptId
  readonly sentAt: Instant
}

/** `refused`: the same refusal repeatedly, which may mean the grant or the client. */
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
  /** An error code of the provider or a constant sentence, never its prose. */
  readonly detail: string
  readonly since: Instant
  readonly attempts: number
  readonly rejections?: Rejections
}

/** The app's own OAuth client, in place of the configured one. */
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
   * Set on a draft: it is sealed and refreshed like any other connection, and in no listing. `replaces`:
   * the connection whose grant it becomes when it is proven.
   */
  readonly draft: { readonly replaces: ConnectionId | null } | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly lastRefreshedAt: Instant | null
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
/** The user has consented, and the host app has not confirmed yet: the grant is stored with the link. */
export type PendingConnection = Common & { readonly status: 'pending' }

export type LiveConnection = ActiveConnection | FailingConnection | DisconnectedConnection
export type Connection = LiveConnection | PendingConnection
export type Status = Connection['status']

export function isLive(connection: Connection): connection is LiveConnection {
  return connection.status !== 'pending'
}

/** Whether a token or credentials can be served at `now` without a refresh. */
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

/** Whether the next token needs no user. */
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
 * Requested scopes that were not granted. Providers do not list scopes that are instructions: such a
 * scope is granted if the requested token has come.
 */
export function missingScope(grant: Grant): readonly string[] {
  const granted = new Set(grant.scope)
  const hasCome = (scope: string) => {
    const word = instructionIn(scope)
    return word !== null && (!OFFLINE.test(word) || isRenewable(grant))
  }
  return grant.requestedScope.filter((scope) => !granted.has(scope) && !hasCome(scope))
}

/** Requests a refresh token. */
const OFFLINE = /^(?:offline(?:[._-]?access)?|refresh[._-]?token)$/
/** Requests an id token. A provider that is known to issue them cannot be connected without one. */
const IDENTITY = /^openid$/

/** Case does not matter. Some providers prefix a scope with the URL of a resource. */
function instructionIn(scope: string): string | null {
  const word = scope.toLowerCase().replace(/^(?:[a-z][a-z\d+.-]*:\/\/.*\/|urn:.*:)/, '')
  return OFFLINE.test(word) || IDENTITY.test(word) ? word : null
}
