import type { Rejections } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { AttemptOutcome } from './refresh-outcome.ts'
import type { RefreshPolicy } from './refresh-policy.ts'

/*
 * Some providers do not call a dead grant `invalid_grant`: they answer 400 `invalid_request`, or 400 and
 * nothing, and some of them answer a wrong client secret with the same words. One such answer proves
 * nothing. The same answer to one grant, again and again, while another grant of the same client is
 * refreshed, proves that this grant is dead.
 */

const ENOUGH = 5

/** Of an outcome that is a rejection, together with those before it; else null. */
export function rejectionsWith(
  before: Rejections | undefined,
  outcome: AttemptOutcome,
  now: Instant,
): Rejections | null {
  if (outcome.kind !== 'unknown_refusal' || outcome.evidence === 'none') return null
  if (before === undefined || before.answer !== outcome.detail) {
    return { answer: outcome.detail, since: now, times: 1 }
  }
  // A first answer from the future was written before the clock was set back.
  return { ...before, since: Math.min(before.since, now), times: before.times + 1 }
}

/** Often enough, and over a time that no usual throttle or deployment lasts. */
export function isRepeated(
  { since, times }: Rejections,
  now: Instant,
  { backoffLongestMs }: Pick<RefreshPolicy, 'backoffLongestMs'>,
): boolean {
  return times >= ENOUGH && now - since >= backoffLongestMs
}

/** For a connection whose rejections are repeated, while no other grant shows what they mean. */
export const UNDECIDED =
  'the grant or the client is refused, and no other grant of this client shows which'
