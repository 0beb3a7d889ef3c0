import type { Grant, OAuthGrant } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { Provider } from '../connection/provider.ts'
import { knownSince, NOTICE_SHARE } from './forecast.ts'
import { refreshPoint, type RefreshPolicy } from './refresh-policy.ts'

type About = Pick<Provider, 'refresh'> & { readonly policy: RefreshPolicy }

/**
 * When the schedule handles a healthy grant: to renew its token, to use its refresh token before
 * the idle timeout, or to record its expiry. `fraction` in [0, 1) spreads the grants over time.
 */
export function dueAtOf(grant: Grant, about: About, fraction: number): Instant | null {
  if (grant.kind === 'credentials') return null
  if (grant.token === null) return 0
  if (grant.kind === 'oauth' && grant.refreshToken === null) return grant.token.expiresAt
  const renewal = refreshPoint(grant.token, about.policy, fraction)
  if (grant.kind === 'machine') return renewal
  const { renewEveryMs, refreshTokenIdleMs } = about.refresh
  return earliestUse(
    grant,
    { ...about, everyMs: [renewEveryMs, half(refreshTokenIdleMs)] },
    {
      unless: renewal,
      fraction,
    },
  )
}

/**
 * When to refresh a grant whose access token no caller reads: before its refresh token expires. A
 * grant without such a limit is refreshed each week, so that Larder notices a dead grant. Null if
 * the grant has no token.
 */
export function keepAliveAt(grant: Grant, about: About, fraction: number): Instant | null {
  if (grant.kind === 'credentials' || grant.token === null) return null
  const { renewEveryMs, refreshTokenIdleMs } = about.refresh
  const idle = half(refreshTokenIdleMs) ?? WEEK_MS
  const used = grant.token.issuedAt
  if (grant.kind === 'machine') return used + WEEK_MS * (1 - fraction / 10)
  const latest = used + idle * (1 - fraction / 10)
  return earliestUse(grant, { ...about, everyMs: [renewEveryMs] }, { unless: latest, fraction })
}

const WEEK_MS = 7 * 24 * 3_600_000

/** Half of the idle timeout, so that the grant survives an outage of days. */
function half(ms: number | null): number | null {
  return ms === null ? null : ms / 2
}

/** `unless`: the time if the refresh token needs no earlier use. */
function earliestUse(
  grant: OAuthGrant,
  about: { readonly policy: RefreshPolicy; readonly everyMs: readonly (number | null)[] },
  at: { readonly unless: Instant; readonly fraction: number },
): Instant {
  const { unless, fraction } = at
  const used = grant.token?.issuedAt ?? unless
  const points = about.everyMs.map((ms) => (ms === null ? unless : used + ms * (1 - fraction / 10)))
  return Math.round(Math.min(unless, beforeItsEnd(grant, about, fraction) ?? unless, ...points))
}

/**
 * When to refresh in order to extend the life of the refresh token. Null if a refresh at that time
 * was already tried and did not move the expiry: another refresh would not move it either.
 */
function beforeItsEnd(
  { token, refreshTokenExpiresAt: expiresAt, endNoticeAt }: OAuthGrant,
  { policy }: { readonly policy: RefreshPolicy },
  fraction: number,
): Instant | null {
  if (token === null || expiresAt === null || endNoticeAt === null) return null
  const life = { issuedAt: knownSince(expiresAt, endNoticeAt), expiresAt }
  // Refresh before the app is notified of the expiry, because the refresh may extend it.
  const margin = { ...policy, marginShare: Math.max(policy.marginShare, NOTICE_SHARE) }
  return token.issuedAt < refreshPoint(life, margin, 1)
    ? refreshPoint(life, margin, fraction)
    : null
}
