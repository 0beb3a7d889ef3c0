import type { LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import { failureFrom, probeAt } from './failure.ts'

/** The end of a grant whose refresh token is missing, or may not be sent again. */
export function afterEnd(
  connection: LiveConnection,
  reason: 'no_refresh_token' | 'interrupted',
  now: Instant,
): LiveConnection {
  const failure = failureFrom(connection, reason, END_DETAIL[reason], now)
  return {
    ...connection,
    status: 'disconnected',
    failure,
    attempt: null,
    dueAt: null,
    updatedAt: now,
  }
}

const END_DETAIL = {
  no_refresh_token: 'the provider issued no refresh token',
  interrupted: 'a rotation was interrupted and the provider forbids a second try',
}

/** The connection after a sealed value did not open. The schedule tries again, ever more rarely. */
export function afterUnreadable(connection: LiveConnection, now: Instant): LiveConnection {
  const failure = failureFrom(connection, 'unreadable', 'a sealed value cannot be opened', now)
  return {
    ...connection,
    status: 'disconnected',
    failure,
    dueAt: probeAt(failure, now),
    updatedAt: now,
  }
}
