import type { StoredEvent } from './event.ts'
import type { Instant } from '../base/ids.ts'
import { backoffMs } from '../refresh/refresh-policy.ts'
import type { DeliveryOutcome, Hold, WebhookState } from './webhook.ts'

const HOUR = 3_600_000
const RETRIES = { backoffFirstMs: 5_000, backoffLongestMs: HOUR / 2 }
/** After this many refusals in a row, all deliveries to the endpoint are paused. */
const TOLERATED_REFUSALS = 5
const GIVE_UP_AFTER_MS = 5 * 24 * HOUR
/**
 * Larder gives up only after this many failures, and not after a time alone, because a process that
 * was stopped for days has not tried.
 */
const GIVE_UP_AFTER_FAILURES = 10

export type At = { readonly now: Instant; readonly fraction: number }

export function maySend(state: WebhookState, now: Instant): boolean {
  return state.disabled === null && state.dueAt <= now
}

export function afterDelivery(state: WebhookState, outcome: DeliveryOutcome, at: At): WebhookState {
  switch (outcome.kind) {
    case 'accepted':
      // This event was sent before the failure that caused the pause, so the pause continues.
      if (!maySend(state, at.now)) return { ...state, lastAcceptedAt: at.now }
      return { ...state, failures: 0, failingSince: null, dueAt: 0, lastAcceptedAt: at.now }
    case 'gone':
      return {
        ...failed(state, { detail: 'http_410', waitMs: 0, askedMs: 0 }, at.now),
        disabled: { reason: 'gone', at: at.now },
      }
    case 'refused': {
      const rests = state.failures + 1 >= TOLERATED_REFUSALS
      const waitMs = rests ? backoffMs(state.failures + 1, RETRIES, at.fraction) : 0
      return failed(state, { detail: outcome.detail, waitMs, askedMs: 0 }, at.now)
    }
    case 'unavailable': {
      const grown = backoffMs(state.failures + 1, RETRIES, at.fraction)
      const askedMs = outcome.retryAfterMs ?? 0
      const waitMs = Math.max(grown, askedMs)
      return failed(state, { detail: outcome.detail, waitMs, askedMs }, at.now)
    }
    case 'stopped':
      return state
    default:
      return outcome satisfies never
  }
}

function failed(
  state: WebhookState,
  failure: {
    readonly detail: string
    readonly waitMs: number
    /** The `Retry-After` of the receiver. */
    readonly askedMs: number
  },
  now: Instant,
): WebhookState {
  const lastFailure = { at: now, detail: failure.detail }
  // Parallel requests fail together. Count them as one failure.
  if (!maySend(state, now)) {
    return { ...state, lastFailure, dueAt: Math.max(state.dueAt, now + failure.askedMs) }
  }
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

/** The events of one subject. They are sent in order, one at a time. */
export type Run = {
  readonly subject: string
  /** Null: the subject has no hold. */
  readonly hold: Hold | null
  readonly events: readonly StoredEvent[]
  /** The sequence of the subject's next event, up to the cursor. Null: there is none. */
  readonly next: number | null
}

/** How many events of a run were accepted, and whether the next one failed or was not tried. */
export type RunEnd = { readonly accepted: number; readonly end: 'done' | 'failed' | 'untried' }

/** The position of the scan when a run has ended. Without a replay, both values are equal. */
export type Reached = {
  /** The scan continues after this sequence. */
  readonly position: number
  /** No event with a later sequence was ever sent. */
  readonly cursor: number
}

/**
 * The hold of a subject after its run. Null: the scan will read all remaining events of the
 * subject.
 */
export function holdAfter(run: Run, { accepted, end }: RunEnd, at: At & Reached): Hold | null {
  const waiting = run.events[accepted]?.sequence ?? run.next
  if (waiting === null) return null
  const owedFrom = Math.max(waiting, run.hold?.owedFrom ?? at.cursor + 1)
  const sequence = waiting > at.position ? owedFrom : waiting
  if (sequence > Math.max(at.position, at.cursor)) return null
  const held = { subject: run.subject, sequence, owedFrom, lost: 0 }
  const attempts = run.hold?.sequence === sequence ? run.hold.attempts : 0
  if (end !== 'failed') return { ...held, attempts, dueAt: at.now }
  const waitMs = backoffMs(attempts + 1, RETRIES, at.fraction)
  return { ...held, attempts: attempts + 1, dueAt: at.now + waitMs }
}

/** Groups events by subject, for subjects without a hold. */
export function groupBySubject(events: readonly StoredEvent[]): readonly Run[] {
  const groups = Map.groupBy(events, ({ subject }) => subject)
  return Array.from(groups, ([subject, own]) => ({ subject, hold: null, events: own, next: null }))
}
