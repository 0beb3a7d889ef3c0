import type { StoredEvent } from './event.ts'
import type { Instant } from './ids.ts'
import { backoffMs } from './refresh-policy.ts'
import type { DeliveryOutcome, Hold, WebhookState } from './webhook.ts'

const HOUR = 3_600_000
const RETRIES = { backoffFirstMs: 5_000, backoffLongestMs: HOUR / 2 }
/** Longer than any wait that is given, `Retry-After` included: what is due later was written under another clock. */
const LONGEST_WAIT_MS = HOUR
/** So many events may be refused in a row before the endpoint itself is given a rest. */
const TOLERATED_REFUSALS = 5
const GIVE_UP_AFTER_MS = 5 * 24 * HOUR
/** A process that was away for days has tried nothing meanwhile. */
const GIVE_UP_AFTER_FAILURES = 10

export type At = { readonly now: Instant; readonly fraction: number }

export function isDue(dueAt: Instant, now: Instant): boolean {
  return dueAt <= now || dueAt > latestDue(now)
}

/** What is due after this is due now. */
export function latestDue(now: Instant): Instant {
  return now + LONGEST_WAIT_MS
}

export function maySend(state: WebhookState, now: Instant): boolean {
  return state.disabled === null && isDue(state.dueAt, now)
}

export function afterDelivery(state: WebhookState, outcome: DeliveryOutcome, at: At): WebhookState {
  switch (outcome.kind) {
    case 'accepted':
      return { ...state, failures: 0, failingSince: null, dueAt: 0, lastAcceptedAt: at.now }
    case 'gone':
      return {
        ...failed(state, { detail: 'http_410', waitMs: 0 }, at.now),
        disabled: { reason: 'gone', at: at.now },
      }
    case 'refused': {
      const rests = state.failures + 1 >= TOLERATED_REFUSALS
      const waitMs = rests ? backoffMs(state.failures + 1, RETRIES, at.fraction) : 0
      return failed(state, { detail: outcome.detail, waitMs }, at.now)
    }
    case 'unavailable': {
      const grown = backoffMs(state.failures + 1, RETRIES, at.fraction)
      const waitMs = Math.max(grown, outcome.retryAfterMs ?? 0)
      return failed(state, { detail: outcome.detail, waitMs }, at.now)
    }
    case 'stopped':
      return state
    default:
      return outcome satisfies never
  }
}

function failed(
  state: WebhookState,
  failure: { readonly detail: string; readonly waitMs: number },
  now: Instant,
): WebhookState {
  const lastFailure = { at: now, detail: failure.detail }
  // What was sent side by side fails together: that is one failure, not several.
  if (!maySend(state, now)) return { ...state, lastFailure }
  const failures = state.failures + 1
  const failingSince = state.failingSince ?? now
  const isHopeless = failures >= GIVE_UP_AFTER_FAILURES && now - failingSince >= GIVE_UP_AFTER_MS
  return {
    ...state,
    failures,
    failingSince,
    dueAt: failure.waitMs === 0 ? state.dueAt : now + failure.waitMs,
    lastFailure,
    disabled: isHopeless ? { reason: 'failing', at: now } : null,
  }
}

/** Events of one subject, in order, that may be sent one after the other. */
export type Run = {
  readonly subject: string
  /** Null: the subject was not held back. */
  readonly hold: Hold | null
  readonly events: readonly StoredEvent[]
  /** The sequence of the event behind these that is owed too. */
  readonly next: number | null
}

/** How far a run came: so many events were accepted, and the next one was refused, or not tried. */
export type RunEnd = { readonly accepted: number; readonly end: 'done' | 'failed' | 'untried' }

/** Null: nothing more is owed to the subject. */
export function holdAfter(run: Run, { accepted, end }: RunEnd, at: At): Hold | null {
  const sequence = run.events[accepted]?.sequence ?? run.next
  if (sequence === null) return null
  const attempts = run.hold?.sequence === sequence ? run.hold.attempts : 0
  if (end !== 'failed') return { subject: run.subject, sequence, attempts, dueAt: at.now }
  const waitMs = backoffMs(attempts + 1, RETRIES, at.fraction)
  return { subject: run.subject, sequence, attempts: attempts + 1, dueAt: at.now + waitMs }
}

/**
 * What stays of a hold whose events were all accepted, while a replay goes on: the replay leaves its
 * subject alone, so that nothing older is told behind them.
 */
export function restingHold({ subject }: Run, cursor: number, now: Instant): Hold {
  return { subject, sequence: cursor + 1, attempts: 0, dueAt: latestDue(now) }
}

/** Wanted events by their subject, but those of subjects that are held back: they go with their hold. */
export function groupBySubject(events: readonly StoredEvent[]): readonly Run[] {
  const groups = Map.groupBy(events, ({ subject }) => subject)
  return Array.from(groups, ([subject, own]) => ({ subject, hold: null, events: own, next: null }))
}
