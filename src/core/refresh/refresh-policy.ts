import {
  type AccessToken,
  type Connection,
  type CredentialsGrant,
  type FailingConnection,
  isLive,
  isRenewable,
  type LiveConnection,
} from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { RefreshTraits } from '../connection/provider.ts'

/** When to refresh and when to retry. Every field has a default in the settings. */
export type RefreshPolicy = {
  /** A token is renewed this long before it expires … */
  readonly marginMs: number
  /**
   * … or this share of its lifetime, if that is longer. Never in the first half of the lifetime.
   */
  readonly marginShare: number
  /** The wait after the first failure. It doubles with each further failure. */
  readonly backoffFirstMs: number
  readonly backoffLongestMs: number
  /** The time limit of one exchange with the provider. It is shorter than the lease. */
  readonly deadlineMs: number
  readonly leaseMs: number
  /** How long after its last read a connection is kept fresh. Null: always. */
  readonly keepFreshMs: number | null
}

export const DEFAULT_REFRESH_POLICY: RefreshPolicy = {
  marginMs: 5 * 60_000,
  marginShare: 0.2,
  backoffFirstMs: 10_000,
  backoffLongestMs: 15 * 60_000,
  deadlineMs: 25_000,
  leaseMs: 60_000,
  keepFreshMs: null,
}

/** The age at which a token without a stated lifetime is renewed. */
const RENEW_UNSTATED_MS = 50 * 60_000
export const SPACING_MS = 60_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** `fraction` in [0, 1) spreads connections of the same age over a tenth of the margin. */
export function refreshPoint(
  token: Pick<AccessToken, 'issuedAt' | 'expiresAt'>,
  policy: Pick<RefreshPolicy, 'marginMs' | 'marginShare'>,
  fraction: number,
): Instant {
  if (token.expiresAt === null) return token.issuedAt + RENEW_UNSTATED_MS * (1 - fraction / 10)
  const life = Math.max(0, token.expiresAt - token.issuedAt)
  const margin = Math.min(Math.max(policy.marginMs, policy.marginShare * life), life / 2)
  return Math.round(token.expiresAt - margin - (margin / 10) * fraction)
}

/**
 * Exponential back-off with jitter, from half a step to a whole step. `leftMs`: the time until the
 * refresh token expires. The retry comes before this expiry.
 */
export function backoffMs(
  attempts: number,
  policy: Pick<RefreshPolicy, 'backoffFirstMs' | 'backoffLongestMs'> & { readonly leftMs?: number },
  fraction: number,
): number {
  const { backoffFirstMs, backoffLongestMs, leftMs = 0 } = policy
  const step = backoffFirstMs * 2 ** Math.min(30, Math.max(0, attempts - 1))
  const longest = leftMs > 0 ? Math.max(backoffFirstMs, leftMs / 2) : backoffLongestMs
  return Math.round(Math.min(step, backoffLongestMs, longest) * (0.5 + fraction / 2))
}

/** A dead grant is probed after 1 h, 6 h, 24 h, then daily for a week, then never. */
export function probeWaitMs(probes: number): number | null {
  const waits = [HOUR, 6 * HOUR, 24 * HOUR]
  return waits[probes] ?? (probes < waits.length + 7 ? 24 * HOUR : null)
}

export type ReadDemand = {
  readonly minTtlMs: number
  /** The id of a token that the provider's API rejected, as the caller reports. */
  readonly rejected: string | null
}

export type ReadDecision =
  | { readonly kind: 'serve'; readonly refreshBehind: boolean; readonly shortLived: boolean }
  /** No stored token satisfies the demand; one may be requested now. */
  | { readonly kind: 'refresh' }
  /** No stored token satisfies the demand, and none may be requested before `retryAt`. */
  | { readonly kind: 'wait'; readonly retryAt: Instant }
  | { readonly kind: 'refuse'; readonly code: 'confirmation_required' | 'reconnect_required' }

/** Decides how to answer a read, by the rules of "The token" in docs/api.md. */
export function decideRead(connection: Connection, demand: ReadDemand, now: Instant): ReadDecision {
  if (!isLive(connection)) return { kind: 'refuse', code: 'confirmation_required' }
  const { grant } = connection
  if (grant.kind === 'credentials') return decideCredentials(connection, grant, { demand, now })
  const { token } = grant
  const rejected = token !== null && isRejected(token, demand)
  if (token !== null && !rejected && isOfThisClock(connection, token, now)) {
    const wanted = wantedTtl(token, demand.minTtlMs)
    if (token.expiresAt === null || remaining(token, now) >= wanted.ttlMs) {
      const refreshBehind =
        mayRefresh(connection) && connection.dueAt !== null && connection.dueAt <= now
      return { kind: 'serve', refreshBehind, shortLived: wanted.shortLived }
    }
  }
  if (!mayRefresh(connection)) return { kind: 'refuse', code: 'reconnect_required' }
  const retryAt = earliestRefresh(connection, { rejected, now })
  return retryAt > now ? { kind: 'wait', retryAt } : { kind: 'refresh' }
}

/**
 * A read returns credentials until the provider refuses them. If the app reports the credentials as
 * rejected, Larder only checks them with the provider.
 */
function decideCredentials(
  connection: LiveConnection,
  { credentials }: CredentialsGrant,
  { demand, now }: { readonly demand: ReadDemand; readonly now: Instant },
): ReadDecision {
  if (connection.status === 'disconnected' || credentials === null) {
    return { kind: 'refuse', code: 'reconnect_required' }
  }
  if (!isRejected(credentials, demand)) {
    return { kind: 'serve', refreshBehind: false, shortLived: false }
  }
  const retryAt =
    connection.status === 'failing' ? (connection.dueAt ?? 0) : refreshFrom(credentials, now)
  return retryAt > now ? { kind: 'wait', retryAt } : { kind: 'refresh' }
}

function isRejected({ tokenId, report }: Reportable, { rejected }: ReadDemand): boolean {
  return tokenId === rejected || report?.stands === true
}

type Reportable = Pick<AccessToken, 'tokenId' | 'report'>

/**
 * The first report causes a refresh at once. A later report has to wait, because the next token may
 * be rejected too.
 */
function refreshFrom({ report }: Reportable, now: Instant): Instant {
  const at = report?.refreshFrom ?? 0
  // Ignore a time that is too far ahead: it was stored before the clock was set back.
  return at > now + SPACING_MS + TOLERATED_AHEAD_MS ? 0 : at
}

const TOLERATED_AHEAD_MS = 60_000

/** A token from the future was issued before the clock was set back, and may have expired. */
function isOfThisClock(connection: LiveConnection, token: AccessToken, now: Instant): boolean {
  return !isFromTheFuture(token, now) || !mayRefresh(connection)
}

function isFromTheFuture(token: AccessToken, now: Instant): boolean {
  return token.issuedAt > now + TOLERATED_AHEAD_MS
}

/**
 * If the caller asks for at least the whole lifetime of a token, half of that lifetime is enough.
 */
function wantedTtl(token: AccessToken, minTtlMs: number): { ttlMs: number; shortLived: boolean } {
  if (token.expiresAt === null) return { ttlMs: 0, shortLived: false }
  const life = token.expiresAt - token.issuedAt
  if (life > minTtlMs) return { ttlMs: Math.max(1, minTtlMs), shortLived: false }
  return { ttlMs: Math.max(1, life / 2), shortLived: true }
}

function remaining(token: AccessToken, now: Instant): number {
  // If the clock was set back, never return a token for longer than its lifetime.
  return Math.min((token.expiresAt ?? 0) - now, (token.expiresAt ?? 0) - token.issuedAt)
}

function mayRefresh(connection: LiveConnection): boolean {
  return connection.status !== 'disconnected' && isRenewable(connection.grant)
}

/**
 * When a refresh is allowed again: after the back-off, or after the spacing that follows a
 * short-lived or rejected token.
 */
function earliestRefresh(
  connection: LiveConnection,
  { rejected, now }: { readonly rejected: boolean; readonly now: Instant },
): Instant {
  const { token } = connection.grant
  // If the clock was set back, the other times of this row are wrong too.
  if (token !== null && isFromTheFuture(token, now)) return 0
  if (connection.status === 'failing') return readerMayTryAt(connection)
  if (token === null) return 0
  if (rejected) return refreshFrom(token, now)
  return connection.lastRefreshedAt === null ? 0 : token.issuedAt + spacingMs(token)
}

const FIRST_READER_WAIT_MS = 2_000
const LONGEST_READER_WAIT_MS = 60_000

/**
 * When a read that finds no valid token may cause a refresh. In an outage, a read may test the
 * provider before the schedule does: after half of the time that the outage has lasted. After a
 * Retry-After or a refusal, a read waits as long as the schedule.
 */
export function readerMayTryAt({ failure, dueAt, updatedAt, grant }: FailingConnection): Instant {
  const isOutage = failure.reason === 'provider_unavailable' && failure.rejections === undefined
  if (!isOutage || grant.kind === 'credentials') return dueAt ?? 0
  const half = Math.max(FIRST_READER_WAIT_MS, (updatedAt - failure.since) / 2)
  return Math.min(dueAt ?? 0, updatedAt + Math.min(half, LONGEST_READER_WAIT_MS))
}

/** The longest time by which `steppedBack` postpones a refresh, and the longest wait of a circuit. */
export const STEP_BACK_MS = 10 * 60_000

/**
 * Whether `steppedBack` postponed the refresh of an active connection until after its token
 * expires. A refresh that is due later was postponed because no caller reads the connection.
 */
export function hasSteppedBack(connection: LiveConnection, now: Instant): boolean {
  const { status, grant, dueAt, attempt, updatedAt } = connection
  if (status !== 'active' || grant.token === null || dueAt === null) return false
  // With an open attempt, `dueAt` may be the end of the lease of a crashed process.
  if (attempt !== null) return false
  if (dueAt > updatedAt + STEP_BACK_MS) return false
  const { issuedAt, expiresAt } = grant.token
  return dueAt > now && dueAt > (expiresAt ?? issuedAt + RENEW_UNSTATED_MS)
}

/** The shortest time between this token and the next refresh. */
export function spacingMs({ issuedAt, expiresAt }: AccessToken): number {
  const life = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - issuedAt
  // A token that had expired on arrival does not show the lifetime of the next one.
  return life > 0 ? Math.min(SPACING_MS, life / 2) : SPACING_MS
}

/** When a token expires, as stated by the answer or else by the preset. */
export function expiryOf(
  sentAt: Instant,
  expiresInSeconds: number | null,
  traits: Pick<RefreshTraits, 'accessTokenLifetimeMs'>,
): Instant | null {
  const lifeMs = expiresInSeconds === null ? traits.accessTokenLifetimeMs : expiresInSeconds * 1000
  return lifeMs === null ? null : sentAt + Math.max(0, lifeMs)
}
