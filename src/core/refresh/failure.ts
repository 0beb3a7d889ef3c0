import type { Failure, FailureReason, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import { probeWaitMs } from './refresh-policy.ts'

/**
 * Returns the next failure. Keeps the start time and attempts of the previous failure if both or
 * neither are terminal.
 */
export function failureFrom(
  connection: LiveConnection,
  reason: FailureReason,
  detail: string,
  now: Instant,
): Failure {
  const previous = connection.failure
  const continues = previous !== null && isTerminal(previous.reason) === isTerminal(reason)
  return {
    reason,
    detail,
    since: continues ? Math.min(previous.since, now) : now,
    attempts: continues ? previous.attempts + 1 : 1,
    ...(continues && previous.rejections && { rejections: previous.rejections }),
  }
}

const PASSING: readonly FailureReason[] = [
  'unproven',
  'provider_unavailable',
  'provider_misconfigured',
  'throttled',
  'refused',
]

function isTerminal(reason: FailureReason): boolean {
  return !PASSING.includes(reason)
}

export function probeAt(failure: Failure, now: Instant): Instant | null {
  const wait = probeWaitMs(failure.attempts - 1)
  return wait === null ? null : now + wait
}

/** Disconnects a connection whose refresh token is missing or must not be sent again. */
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

/**
 * The connection after one of its sealed values could not be opened. The schedule tries again at
 * growing intervals.
 */
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
