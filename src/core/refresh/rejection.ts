import type { Rejections } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { AttemptOutcome } from './refresh-outcome.ts'
import type { RefreshPolicy } from './refresh-policy.ts'

/*
 * Some providers answer a dead grant with 400 `invalid_request` or with an empty 400. Some answer a
 * wrong client secret in the same way. After one such answer, the cause is unknown. But if a grant
 * is rejected repeatedly and another grant of the client is refreshed meanwhile, the rejected grant
 * is dead.
 */

const ENOUGH = 5

/**
 * The rejections of the grant so far, including this outcome. Null if this outcome is no rejection.
 */
export function rejectionsWith(
  before: Rejections | undefined,
  outcome: AttemptOutcome,
  now: Instant,
): Rejections | null {
  if (outcome.kind !== 'unknown_refusal' || outcome.evidence === 'none') return null
  if (before === undefined || before.answer !== outcome.detail) {
    return { answer: outcome.detail, since: now, times: 1 }
  }
  // `since` is in the future if the clock was set back.
  return { ...before, since: Math.min(before.since, now), times: before.times + 1 }
}

/**
 * Whether the grant was rejected often enough, over a longer time than a throttle or deployment
 * lasts.
 */
export function isRepeated(
  { since, times }: Rejections,
  now: Instant,
  { backoffLongestMs }: Pick<RefreshPolicy, 'backoffLongestMs'>,
): boolean {
  return times >= ENOUGH && now - since >= backoffLongestMs
}

/** The detail for repeated rejections while no other grant of the client is refreshed. */
export const UNDECIDED =
  'the grant or the client is refused, and no other grant of this client shows which'
