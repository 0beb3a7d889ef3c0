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

/** How eagerly to refresh; all of it has a default in the settings. */
export type RefreshPolicy = {
  /** A token is renewed at least so long before its end … */
  readonly marginMs: number
  /** … or this share of its life, whichever is longer, but never before half of a short life. */
  readonly marginShare: number
  /** Wait after the first failure; doubles with each further one. */
  readonly backoffFirstMs: number
  readonly backoffLongestMs: number
  /** Hard end of one exchange with the provider; shorter than the lease. */
  readonly deadlineMs: number
  readonly leaseMs: number
}

export const DEFAULT_REFRESH_POLICY: RefreshPolicy = {
  marginMs: 5 * 60_000,
  marginShare: 0.2,
  backoffFirstMs: 10_000,
  backoffLongestMs: 15 * 60_000,
  deadlineMs: 25_000,
  leaseMs: 60_000,
}

/** Without a stated lifetime a token is renewed at this age, so that none is served for long unseen. */
const RENEW_UNSTATED_MS = 50 * 60_000
const SPACING_MS = 60_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** `fraction` in [0, 1) spreads connections that were made together over a tenth of the margin. */
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
 * Exponential, between half of the step and the whole of it. `leftMs`: the refresh token ends after so
 * long, and a try comes before that.
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

/** A dead grant is tried again after 1 h, 6 h, 24 h, then daily for a week; then never by itself. */
export function probeWaitMs(probes: number): number | null {
  const waits = [HOUR, 6 * HOUR, 24 * HOUR]
  return waits[probes] ?? (probes < waits.length + 7 ? 24 * HOUR : null)
}

export type ReadDemand = {
  readonly minTtlMs: number
  /** A token id the caller says the provider's API refused. */
  readonly rejected: string | null
}

export type ReadDecision =
  | { readonly kind: 'serve'; readonly refreshBehind: boolean; readonly shortLived: boolean }
  /** No token in hand will do; one may be fetched now. */
  | { readonly kind: 'refresh' }
  /** None will do and none may be fetched before `retryAt`. */
  | { readonly kind: 'wait'; readonly retryAt: Instant }
  | { readonly kind: 'refuse'; readonly code: 'confirmation_required' | 'reconnect_required' }

/** What a read of a token comes to. The rules of «The token» in the API's contract, and nothing else. */
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
 * Credentials have no end: they are served until the provider says that it does not take them any
 * more. A caller's word that it did not is reason to ask the provider, now and then, and no more.
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

/** The first report causes a refresh at once; the next one waits, because another token may not help. */
function refreshFrom({ report }: Reportable, now: Instant): Instant {
  const at = report?.refreshFrom ?? 0
  // Written before the clock was set back.
  return at > now + SPACING_MS + TOLERATED_AHEAD_MS ? 0 : at
}

const TOLERATED_AHEAD_MS = 60_000

/**
 * A token from the future was written before the clock was set back, and may have ended since. That
 * lasts until the schedule has followed the clock, a second or so.
 */
function isOfThisClock(connection: LiveConnection, token: AccessToken, now: Instant): boolean {
  return !isFromTheFuture(token, now) || !mayRefresh(connection)
}

function isFromTheFuture(token: AccessToken, now: Instant): boolean {
  return token.issuedAt > now + TOLERATED_AHEAD_MS
}

/** A token that lives shorter than asked is asked for half its life instead. */
function wantedTtl(token: AccessToken, minTtlMs: number): { ttlMs: number; shortLived: boolean } {
  if (token.expiresAt === null) return { ttlMs: 0, shortLived: false }
  const life = token.expiresAt - token.issuedAt
  if (life > minTtlMs) return { ttlMs: Math.max(1, minTtlMs), shortLived: false }
  return { ttlMs: Math.max(1, life / 2), shortLived: true }
}

function remaining(token: AccessToken, now: Instant): number {
  // A clock set back must not lend a token more than its whole life.
  return Math.min((token.expiresAt ?? 0) - now, (token.expiresAt ?? 0) - token.issuedAt)
}

function mayRefresh(connection: LiveConnection): boolean {
  return connection.status !== 'disconnected' && isRenewable(connection.grant)
}

/**
 * Back-off of a failing connection; else a floor under renewals of tokens that are born too short, and
 * of those that replaced a rejected one and are rejected, too.
 */
function earliestRefresh(
  connection: LiveConnection,
  { rejected, now }: { readonly rejected: boolean; readonly now: Instant },
): Instant {
  const { token } = connection.grant
  // Its other times would be as far away as the clock was set back.
  if (token !== null && isFromTheFuture(token, now)) return 0
  if (connection.status === 'failing') return readerMayTryAt(connection)
  if (token === null) return 0
  if (rejected) return refreshFrom(token, now)
  return connection.lastRefreshedAt === null ? 0 : token.issuedAt + spacingMs(token)
}

const FIRST_READER_WAIT_MS = 2_000
const LONGEST_READER_WAIT_MS = 60_000

/**
 * When a reader without a token may ask the provider. In an outage that is sooner than the schedule
 * does: it is the best probe of all. It waits half as long as the outage has lasted, so that it is no
 * hammer. What the provider asked to wait for, or refused, is not asked for before its time.
 */
export function readerMayTryAt({ failure, dueAt, updatedAt, grant }: FailingConnection): Instant {
  const isOutage = failure.reason === 'provider_unavailable' && failure.rejections === undefined
  if (!isOutage || grant.kind === 'credentials') return dueAt ?? 0
  const half = Math.max(FIRST_READER_WAIT_MS, (updatedAt - failure.since) / 2)
  return Math.min(dueAt ?? 0, updatedAt + Math.min(half, LONGEST_READER_WAIT_MS))
}

/**
 * It is active, and its turn lies behind the end of its token: the client was refused when it was
 * asked for last (see `afterRefresh`), and others show first whether it is refused to all.
 */
export function hasSteppedBack(connection: LiveConnection, now: Instant): boolean {
  const { status, grant, dueAt, attempt } = connection
  if (status !== 'active' || grant.token === null || dueAt === null) return false
  // An attempt that never came to its end put it off, to the end of its lease.
  if (attempt !== null) return false
  const { issuedAt, expiresAt } = grant.token
  return dueAt > now && dueAt > (expiresAt ?? issuedAt + RENEW_UNSTATED_MS)
}

/** How long after a refresh that brought this token the next one may follow. */
export function spacingMs({ issuedAt, expiresAt }: AccessToken): number {
  const life = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - issuedAt
  // One that was over when it came says nothing of how long the next one lives.
  return life > 0 ? Math.min(SPACING_MS, life / 2) : SPACING_MS
}

/** The end of a token: as stated, else by what the preset knows of the provider. */
export function expiryOf(
  sentAt: Instant,
  expiresInSeconds: number | null,
  traits: Pick<RefreshTraits, 'accessTokenLifetimeMs'>,
): Instant | null {
  const lifeMs = expiresInSeconds === null ? traits.accessTokenLifetimeMs : expiresInSeconds * 1000
  return lifeMs === null ? null : sentAt + Math.max(0, lifeMs)
}
