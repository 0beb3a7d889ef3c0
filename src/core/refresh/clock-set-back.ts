import type { Instant } from '../base/ids.ts'
import {
  type AccessToken,
  type Grant,
  isRenewable,
  type LiveConnection,
} from '../connection/connection.ts'
import { SPACING_MS } from './refresh-policy.ts'

type Step = { readonly byMs: number; readonly now: Instant }

/**
 * The connection after the wall clock was set back. A renewable token is treated as expired, and
 * its refresh is due now. Other times move with the clock: the expiry of other grants, a back-off,
 * and the send time from which the provider's grace is counted.
 */
export function afterClockSetBack(connection: LiveConnection, step: Step): LiveConnection {
  const { attempt, dueAt, grant, status, updatedAt } = connection
  const isDue = status === 'active' && isRenewable(grant) && dueAt !== null
  return {
    ...connection,
    grant: suspected(grant, step),
    attempt: attempt && { ...attempt, sentAt: attempt.sentAt - step.byMs },
    dueAt: isDue ? Math.min(dueAt, step.now) : earlier(dueAt, step),
    updatedAt: Math.min(updatedAt, step.now),
  }
}

function suspected(grant: Grant, step: Step): Grant {
  if (grant.kind === 'credentials') return grant
  const token = grant.token && suspectedToken(grant.token, isRenewable(grant), step)
  if (grant.kind === 'machine') return { ...grant, token }
  const refreshTokenExpiresAt = earlier(grant.refreshTokenExpiresAt, step)
  return { ...grant, token, refreshTokenExpiresAt, endNoticeAt: earlier(grant.endNoticeAt, step) }
}

/**
 * `byMs` does not include the time since Larder last read the clock. A token that was issued in
 * this time would still be from the future, and too new for another refresh.
 */
function suspectedToken(token: AccessToken, mayRenew: boolean, step: Step): AccessToken {
  const { expiresAt } = token
  const issuedAt = token.issuedAt - step.byMs
  if (expiresAt === null || !mayRenew) {
    return { ...token, issuedAt, expiresAt: earlier(expiresAt, step) }
  }
  return { ...token, issuedAt: Math.min(issuedAt, step.now - SPACING_MS), expiresAt: step.now }
}

function earlier(instant: Instant | null, { byMs }: Step): Instant | null {
  return instant === null ? null : instant - byMs
}
