import type { AccessToken, Grant, LiveConnection } from './connection.ts'
import type { GrantId, Instant } from './ids.ts'
import type { Provider } from './provider.ts'
import type { ReceivedTokens } from './refresh-outcome.ts'
import { expiryOf, refreshPoint, type RefreshPolicy } from './refresh-policy.ts'

/** Tokens as they came, with what the shell knows of them. */
export type Arrival = {
  readonly tokens: ReceivedTokens
  readonly sentAt: Instant
  readonly tokenId: string
}

type Traits = Pick<Provider, 'refresh'>

/** The first generation of a grant: a code was exchanged, or tokens were handed in. */
export function newGrant(
  id: GrantId,
  arrival: Arrival,
  about: Traits & { readonly requestedScope: readonly string[] },
): Grant {
  const { tokens, sentAt } = arrival
  return {
    id,
    generation: 1,
    requestedScope: about.requestedScope,
    scope: tokens.scope ?? about.requestedScope,
    token: accessToken(arrival, about),
    refreshToken: tokens.refreshToken,
    refreshTokenExpiresAt:
      refreshTokenExpiry(arrival) ?? plus(sentAt, about.refresh.refreshTokenLifetimeMs),
  }
}

/** The next generation. A refresh token that was not sent stays the old one (RFC 6749 §6). */
export function renewedGrant(grant: Grant, arrival: Arrival, about: Traits): Grant {
  const { tokens } = arrival
  return {
    ...grant,
    generation: grant.generation + 1,
    scope: tokens.scope ?? grant.scope,
    token: accessToken(arrival, about),
    refreshToken: tokens.refreshToken ?? grant.refreshToken,
    refreshTokenExpiresAt: refreshTokenExpiry(arrival) ?? grant.refreshTokenExpiresAt,
  }
}

/** When the schedule next looks at a healthy grant: to renew its token, or to note its end. */
export function dueAtOf(grant: Grant, policy: RefreshPolicy, fraction: number): Instant | null {
  if (grant.token === null) return 0
  if (grant.refreshToken === null) return grant.token.expiresAt
  return refreshPoint(grant.token, policy, fraction)
}

/** Puts a grant in place of whatever stood there; nothing of an older grant's troubles remains. */
export function withGrant<
  C extends Omit<LiveConnection, 'status' | 'failure' | 'grant' | 'attempt' | 'dueAt'>,
>(
  connection: C,
  grant: Grant,
  dueAt: Instant | null,
): C & Extract<LiveConnection, { status: 'active' }> {
  return { ...connection, status: 'active', failure: null, attempt: null, grant, dueAt }
}

/** How long whoever handed credentials in may take to prove them, before the schedule does. */
const PROVE_WITHIN_MS = 60_000

/** Credentials that were handed in: active by a live token's word, failing until a refresh proves them. */
export function draftWithGrant(
  connection: Parameters<typeof withGrant>[0],
  grant: Grant,
  at: { readonly now: Instant; readonly dueAt: Instant | null },
): LiveConnection {
  const active = withGrant(connection, grant, at.dueAt)
  const { token } = grant
  if (token !== null && (token.expiresAt === null || token.expiresAt > at.now)) return active
  const detail = 'these tokens have not been proven yet'
  const failure = { reason: 'provider_unavailable', detail, since: at.now, attempts: 0 } as const
  return { ...active, status: 'failing', failure, dueAt: at.now + PROVE_WITHIN_MS }
}

function accessToken(arrival: Arrival, about: Traits): AccessToken {
  const { tokens, sentAt, tokenId } = arrival
  return {
    tokenId,
    secret: tokens.accessToken,
    tokenType: tokens.tokenType,
    issuedAt: sentAt,
    expiresAt: expiryOf(sentAt, tokens.expiresInSeconds, about.refresh),
  }
}

function refreshTokenExpiry({ tokens, sentAt }: Arrival): Instant | null {
  const seconds = tokens.refreshTokenExpiresInSeconds
  return plus(sentAt, seconds === null ? null : seconds * 1000)
}

function plus(instant: Instant, ms: number | null): Instant | null {
  return ms === null ? null : instant + ms
}
