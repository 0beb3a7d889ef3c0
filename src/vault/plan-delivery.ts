import type { StoredEvent } from '../core/event.ts'
import type { Instant } from '../core/ids.ts'
import { type Hold, wants, type WebhookEndpoint, type WebhookState } from '../core/webhook.ts'
import { groupBySubject, type Run } from '../core/webhook-delivery.ts'
import type { Ports } from '../ports.ts'

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
  /** Found to be swept already. */
  readonly lost: number
}

type Needs = Pick<Ports, 'store'>
type Scan = Omit<Plan, 'runs'> & { readonly events: readonly StoredEvent[] }

/** Null: nothing is to be done. */
export async function planDelivery(
  ports: Needs,
  endpoint: WebhookEndpoint,
  { state, now }: { readonly state: WebhookState; readonly now: Instant },
): Promise<Plan | null> {
  // One event at a time finds out whether an endpoint that failed is back.
  const isProbe = state.failures > 0
  const scan = await scanEvents(ports, endpoint, { state, most: isProbe ? 1 : EVENTS_AT_ONCE })
  const due = await ports.store.dueHolds(endpoint.id, now, isProbe ? 1 : HOLDS_AT_ONCE)
  if (scan === null && due.length === 0) return null
  // In turns, so that events which are refused again and again do not keep new ones waiting.
  const triesHold = due.length > 0 && (scan === null || state.failures % 2 === 1)
  const isNew = scan !== null && !(isProbe && triesHold)
  const reached = isNew ? scan : { ...NOTHING_NEW, cursor: state.cursor, replay: state.replay }
  const holds = isProbe && isNew ? [] : due
  const held = await Promise.all(
    holds.map((hold) => heldRun(ports, endpoint, { hold, until: reached.cursor })),
  )
  return {
    cursor: reached.cursor,
    replay: reached.replay,
    lost: reached.lost + held.filter(({ isLost }) => isLost).length,
    runs: [...held.map(({ run }) => run), ...groupBySubject(reached.events)],
  }
}

const NOTHING_NEW = { lost: 0, events: [] } as const

/** The events behind the cursor, those of a replay first; null where there are none, or enough is held. */
async function scanEvents(
  ports: Needs,
  endpoint: WebhookEndpoint,
  { state, most }: { readonly state: WebhookState; readonly most: number },
): Promise<Scan | null> {
  const { cursor, replay } = state
  // Read before the events: whatever is not among them up to here is gone.
  const newest = replay?.until ?? (await ports.store.newestEvent())
  const after = replay?.after ?? cursor
  if (newest <= after) return replay === null ? null : { cursor, replay: null, lost: 0, events: [] }
  const held = await ports.store.heldSubjects(endpoint.id)
  if (held.size >= MOST_HELD) return null
  const filter = { after, limit: EVENTS_AT_ONCE, reach: EVERYTHING }
  const found = (await ports.store.events(filter)).filter(({ sequence }) => sequence <= newest)
  const mayGo = found.filter((event) => wants(endpoint, event) && !held.has(event.subject))
  const events = mayGo.slice(0, most)
  const end = endOfScan({ found, newest, next: mayGo[most] })
  if (replay !== null) {
    return { cursor, replay: end < newest ? { ...replay, after: end } : null, lost: 0, events }
  }
  const looked = found.filter(({ sequence }) => sequence <= end).length
  return { cursor: end, replay: null, lost: end - after - looked, events }
}

const EVERYTHING = { providers: null, userIdPrefix: null }

/** Up to where all is decided; with fewer events than could be read that is the newest. */
function endOfScan(scanned: {
  readonly found: readonly StoredEvent[]
  readonly newest: number
  readonly next: StoredEvent | undefined
}): number {
  const { found, newest, next } = scanned
  if (next !== undefined) return next.sequence - 1
  return found.length < EVENTS_AT_ONCE ? newest : (found.at(-1)?.sequence ?? newest)
}

async function heldRun(
  ports: Needs,
  endpoint: WebhookEndpoint,
  { hold, until }: { readonly hold: Hold; readonly until: number },
): Promise<{ readonly run: Run; readonly isLost: boolean }> {
  const range = { from: hold.sequence, until, limit: EVENTS_OF_A_HOLD + 1 }
  const owed = await ports.store.eventsOf(hold.subject, range)
  const run = {
    subject: hold.subject,
    hold,
    events: owed.slice(0, EVENTS_OF_A_HOLD).filter((event) => wants(endpoint, event)),
    next: owed[EVENTS_OF_A_HOLD]?.sequence ?? null,
  }
  // Unless it only rests, a hold waits for an event that was there when it began.
  const isLost = hold.sequence <= until && owed[0]?.sequence !== hold.sequence
  return { run, isLost }
}
