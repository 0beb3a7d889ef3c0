import type { Credentials } from './credentials.ts'
import type { AttemptId, ConnectionId, GrantId, Instant, ProviderId, UserId } from '../base/ids.ts'
import type { Sealed, Secret } from '../base/secret.ts'

/** The account at the provider, as far as the provider tells. */
export type Account = {
  readonly id: string | null
  readonly email: string | null
  /** Only if the provider itself says that it has verified the e-mail. */
  readonly emailVerified?: true
  readonly name: string | null
}

/** A caller's report that the provider's API refused a token, or credentials. */
export type TokenReport = {
  /** Whether the report is about this token, which is then not served again, or about the one before it. */
  readonly stands: boolean
  /** The earliest time of a refresh that a report may cause. */
  readonly refreshFrom: Instant
}

export type AccessToken = {
  /** Tells tokens apart and reveals nothing of them: a keyed hash. */
  readonly tokenId: string
  readonly secret: Secret
  /** As the provider spelled it, `Bearer` where it said nothing. */
  readonly tokenType: string
  /** When the request that brought it was sent: lifetimes are durations from here. */
  readonly issuedAt: Instant
  /** Null where neither the provider nor its preset states a lifetime. */
  readonly expiresAt: Instant | null
  readonly report?: TokenReport
}

/** Credentials as they are served: they have no end that anybody knows of. */
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
 * Whose tokens a grant holds. `proven`: the provider named this account for a token that a consent, or
 * the grant's own refresh token, brought at this client. `unproven`: imported tokens whose refresh token
 * has not been redeemed yet; `told` is the account that the provider named for the imported access token.
 * `unknown`: the provider names no account, or the grant is older than this fact.
 */
export type GrantOwner =
  | { readonly is: 'proven'; readonly accountId: string }
  | { readonly is: 'unproven'; readonly told: Account | null }
  | { readonly is: 'unknown' }

export const UNKNOWN_OWNER: GrantOwner = { is: 'unknown' }

/** What one consent of the user gave us. */
export type OAuthGrant = GrantCommon & {
  readonly kind: 'oauth'
  /** Null until the first refresh of an imported refresh token, or when the stored one is unreadable. */
  readonly token: AccessToken | null
  readonly refreshToken: Sealed | null
  /**
   * The client that it was issued to, see `TokenEndpoint.clientName`: a refresh token is bound to it
   * (RFC 6749 §10.4). Null: not known.
   */
  readonly issuedTo: string | null
  readonly owner: GrantOwner
  readonly refreshTokenExpiresAt: Instant | null
  /** From when on the host app should hear that this end is near; null: no end known, or told. */
  readonly endNoticeAt: Instant | null
}

/** Tokens that the client gets for itself, without a user (RFC 6749 §4.4): one can always be had anew. */
export type MachineGrant = GrantCommon & {
  readonly kind: 'machine'
  readonly token: AccessToken | null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** The user's own credentials, as they were handed in. Nothing renews them, and they carry no scopes. */
export type CredentialsGrant = GrantCommon & {
  readonly kind: 'credentials'
  /** Null when what is stored is unreadable. */
  readonly credentials: HeldCredentials | null
  readonly token: null
  readonly refreshToken: null
  readonly refreshTokenExpiresAt: null
  readonly endNoticeAt: null
}

/** What a connection lives on. A reconnect makes a new grant, a refresh a new generation. */
export type Grant = OAuthGrant | MachineGrant | CredentialsGrant

/** A refresh that was begun and whose outcome is not known: its refresh token may be spent. */
export type Attempt = {
  readonly id: AttemptId
  readonly sentAt: Instant
}

/** `refused`: again and again by one answer, and nothing shows whether the grant or the client is meant. */
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

/** The same answer to one grant, with no success in between. See `rejection.ts`. */
export type Rejections = {
  readonly answer: string
  readonly since: Instant
  readonly times: number
}

export type Failure = {
  readonly reason: FailureReason
  /** A constant sentence of ours or an error code of the provider's, never its prose. */
  readonly detail: string
  readonly since: Instant
  readonly attempts: number
  readonly rejections?: Rejections
}

/** An OAuth client of the app's own, in place of the configured one. */
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
  /** The preset's declared parameters, such as a tenant. */
  readonly params: Readonly<Record<string, string>>
  /** What the provider's answers told that later calls need (`instance_url`, `team.id` …). */
  readonly providerData: Readonly<Record<string, unknown>>
  readonly client: ClientCredentials | null
  /**
   * Credentials that were handed in and are not proven yet: sealed and refreshed like any other, but
   * outside every listing until proven. `replaces`: the connection whose grant they then become.
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
  /** When the schedule next acts on it: refresh, retry or probe. Null: never by itself. */
  readonly dueAt: Instant | null
}

export type ActiveConnection = Live & { readonly status: 'active'; readonly failure: null }
export type FailingConnection = Live & { readonly status: 'failing'; readonly failure: Failure }
export type DisconnectedConnection = Live & {
  readonly status: 'disconnected'
  readonly failure: Failure
}
/** Connected by a browser, not yet confirmed by the host app: its grant waits with the link. */
export type PendingConnection = Common & { readonly status: 'pending' }

export type LiveConnection = ActiveConnection | FailingConnection | DisconnectedConnection
export type Connection = LiveConnection | PendingConnection
export type Status = Connection['status']

export function isLive(connection: Connection): connection is LiveConnection {
  return connection.status !== 'pending'
}

/** Whether something could be served at `now` without asking the provider. */
export function tokenLives(connection: Connection, now: Instant): boolean {
  if (!isLive(connection)) return false
  const { grant } = connection
  const held = servable(grant)
  if (held === null || held.report?.stands === true) return false
  return grant.token === null || grant.token.expiresAt === null || grant.token.expiresAt > now
}

/** The token or the credentials of a grant. */
export function servable(grant: Grant): AccessToken | HeldCredentials | null {
  return grant.kind === 'credentials' ? grant.credentials : grant.token
}

/** Whether the next token can be had without the user. */
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
 * Scopes that were asked for and not granted. Some scopes are instructions, which many providers never
 * list: one of them is granted if what it asks for has come.
 */
export function missingScope(grant: Grant): readonly string[] {
  const granted = new Set(grant.scope)
  const hasCome = (scope: string) => {
    const word = instructionIn(scope)
    return word !== null && (!OFFLINE.test(word) || isRenewable(grant))
  }
  return grant.requestedScope.filter((scope) => !granted.has(scope) && !hasCome(scope))
}

/** Asks for a refresh token. */
const OFFLINE = /^(?:offline(?:[._-]?access)?|refresh[._-]?token)$/
/** Asks for an id token, without which no connection is made at a provider that is known to issue them. */
const IDENTITY = /^openid$/

/** Letters of any case, and behind the address of a resource at some providers. */
function instructionIn(scope: string): string | null {
  const word = scope.toLowerCase().replace(/^(?:[a-z][a-z\d+.-]*:\/\/.*\/|urn:.*:)/, '')
  return OFFLINE.test(word) || IDENTITY.test(word) ? word : null
}
