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

/** Events that are looked at together; so many are told again if the process dies before it says so. */
const EVENTS_AT_ONCE = 50
const HOLDS_AT_ONCE = 20
const EVENTS_OF_A_HOLD = 10
/** With more subjects held back than this nothing new is begun: what is remembered stays bounded. */
const MOST_HELD = 500

/** What to send next, and where the endpoint stands once that is sent or held back. */
export type Plan = {
  readonly runs: readonly Run[]
  readonly cursor: number
  readonly replay: WebhookState['replay']
  /** The last event that the scan has read: of a replay, or the cursor. */
  readonly position: number
  /** Deleted before they were sent. */
  readonly lost: number
}

type Needs = Pick<Ports, 'store'>
type Scan = Omit<Plan, 'runs'> & {
  readonly events: readonly StoredEvent[]
  /** The replay has no events left: this ends it. */
  readonly isEnd: boolean
}

/** Null: nothing is to be done. */
export async function planDelivery(
  { store }: Needs,
  endpoint: WebhookEndpoint,
  { state, now }: { readonly state: WebhookState; readonly now: Instant },
): Promise<Plan | null> {
  // One event at a time finds out whether an endpoint that failed is back.
  const isProbe = state.failures > 0
  const position = state.replay?.after ?? state.cursor
  const scan = await scanEvents({ store }, endpoint, { state, most: isProbe ? 1 : EVENTS_AT_ONCE })
  const limit = isProbe ? 1 : HOLDS_AT_ONCE
  const due = await store.dueHolds(endpoint.id, { now, until: position, limit })
  if (scan === null && due.length === 0) return null
  // A replay ends with the holds that it reaches: they come before what is new, too.
  const goesFirst = scan === null || (scan.isEnd && !isProbe)
  // In turns, so that events which are refused again and again do not keep new ones waiting.
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

/** The events behind the cursor, those of a replay first; null where there are none, or enough is held. */
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
