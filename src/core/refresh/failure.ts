import type { Failure, FailureReason, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import { probeWaitMs } from './refresh-policy.ts'

/**
 * The next failure of a connection. It continues the count and the start of a previous failure of the
 * same kind.
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
