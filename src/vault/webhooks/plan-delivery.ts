import type { StoredEvent } from '../../core/events/event.ts'
import type { Instant } from '../../core/base/ids.ts'
import {
  type Hold,
  wants,
  type WebhookEndpoint,
  type WebhookState,
} from '../../core/events/webhook.ts'
import { groupBySubject, type Reached, type Run } from '../../core/events/webhook-delivery.ts'
import type { Ports } from '../../ports/ports.ts'

/** The most events of one scan. After a crash, at most this many are sent again. */
const EVENTS_AT_ONCE = 50
const HOLDS_AT_ONCE = 20
const EVENTS_OF_A_HOLD = 10
/** At this many holds, no new events are sent, so that the table of holds stays small. */
const MOST_HELD = 500

/** The events to send next, and the state of the endpoint after each is sent or put on hold. */
export type Plan = {
  readonly runs: readonly Run[]
  readonly cursor: number
  readonly replay: WebhookState['replay']
  /**
   * The last event that the scan has read. This is the position of the replay, or else the cursor.
   */
  readonly position: number
  /** How many events were deleted before they were sent. */
  readonly lost: number
}

type Needs = Pick<Ports, 'store'>
type Scan = Omit<Plan, 'runs'> & {
  readonly events: readonly StoredEvent[]
  /** Whether the replay has no events left. */
  readonly isEnd: boolean
}

/** Returns null if there is nothing to do. */
export async function planDelivery(
  { store }: Needs,
  endpoint: WebhookEndpoint,
  { state, now }: { readonly state: WebhookState; readonly now: Instant },
): Promise<Plan | null> {
  // A failing endpoint gets one event, to test whether it works again.
  const isProbe = state.failures > 0
  const position = state.replay?.after ?? state.cursor
  const scan = await scanEvents({ store }, endpoint, { state, most: isProbe ? 1 : EVENTS_AT_ONCE })
  const limit = isProbe ? 1 : HOLDS_AT_ONCE
  const due = await store.dueHolds(endpoint.id, { now, until: position, limit })
  if (scan === null && due.length === 0) return null
  // At the end of a replay, send the holds before new events.
  const goesFirst = scan === null || (scan.isEnd && !isProbe)
  // Every second probe sends a new event, so that an event that is always refused does not block
  // others.
  const triesHold = due.length > 0 && (goesFirst || (isProbe && state.failures % 2 === 1))
  const unread = { ...state, position, lost: 0, events: [] }
  const { events, ...reached } = scan === null || triesHold ? unread : scan
  const holds = isProbe && events.length > 0 ? [] : due
  const held = await Promise.all(
    holds.map((hold) => heldRun({ store }, endpoint, { hold, ...reached })),
  )
  return {
    cursor: reached.cursor,
    replay: reached.replay,
    position: reached.position,
    lost: holds.reduce((sum, { lost }) => sum + lost, reached.lost),
    runs: [...held, ...groupBySubject(events)],
  }
}

/** Returns the next events, those of a replay first. Null if there are none, or too many holds. */
async function scanEvents(
  { store }: Needs,
  endpoint: WebhookEndpoint,
  { state, most }: { readonly state: WebhookState; readonly most: number },
): Promise<Scan | null> {
  const { cursor, replay } = state
  const newest = replay?.until ?? (await store.newestEvent())
  const after = replay?.after ?? cursor
  if (newest <= after) {
    return replay && { cursor, replay: null, position: newest, lost: 0, events: [], isEnd: true }
  }
  if ((await store.countHolds(endpoint.id, after)) >= MOST_HELD) return null
  const { types, providers } = endpoint
  const reach = { providers: providers === null ? null : [...providers], userIdPrefix: null }
  const filter = { after, until: newest, limit: EVENTS_AT_ONCE, reach, types }
  const { events: found, reached } = await store.eventPage(filter)
  const held = await store.holdsOf(
    endpoint.id,
    found.map(({ subject }) => subject),
  )
  const isHeld = ({ subject, sequence }: StoredEvent) => sequence >= (held.get(subject) ?? Infinity)
  const mayGo = found.filter((event) => !isHeld(event))
  const events = mayGo.slice(0, most)
  const next = mayGo[most]
  const position = next === undefined ? reached : next.sequence - 1
  const read = { position, events, isEnd: false }
  if (replay !== null) return { ...read, cursor, replay: { ...replay, after: position }, lost: 0 }
  const lost = position - after - (await store.countEvents(after, position))
  return { ...read, cursor: position, replay, lost }
}

async function heldRun(
  { store }: Needs,
  endpoint: WebhookEndpoint,
  { hold, position, cursor }: Reached & { readonly hold: Hold },
): Promise<Run> {
  const until = Math.max(position, cursor)
  const range = { from: hold.sequence, until, limit: EVENTS_OF_A_HOLD + 1 }
  const waiting = await store.eventsOf(hold.subject, range)
  const reachable = waiting
    .slice(0, EVENTS_OF_A_HOLD)
    .filter(({ sequence }) => sequence <= position)
  return {
    subject: hold.subject,
    hold,
    events: reachable.filter((event) => wants(endpoint, event)),
    next: waiting[reachable.length]?.sequence ?? null,
  }
}
