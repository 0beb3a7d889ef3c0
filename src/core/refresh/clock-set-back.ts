import type { Instant } from '../base/ids.ts'
import { type Grant, isRenewable, type LiveConnection } from '../connection/connection.ts'

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
  const { token: held } = grant
  const expiresAt =
    held === null || held.expiresAt === null || !isRenewable(grant)
      ? earlier(held?.expiresAt ?? null, step)
      : step.now
  const token = held && { ...held, issuedAt: held.issuedAt - step.byMs, expiresAt }
  if (grant.kind === 'machine') return { ...grant, token }
  const refreshTokenExpiresAt = earlier(grant.refreshTokenExpiresAt, step)
  return { ...grant, token, refreshTokenExpiresAt, endNoticeAt: earlier(grant.endNoticeAt, step) }
}

function earlier(instant: Instant | null, { byMs }: Step): Instant | null {
  return instant === null ? null : instant - byMs
}
