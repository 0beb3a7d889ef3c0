import type { Caller } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { StoredEvent } from '../../core/events/event.ts'
import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'

/** One poll reads at most this many pages, even if the caller may see none of their events. */
const PAGES_OF_A_POLL = 10

/**
 * `after` is the cursor of an earlier answer. Null: from the oldest stored event. The cursor skips
 * events that the caller may not see, so that no poll reads them again.
 */
export async function listEvents(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  caller: Caller,
  demand: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly items: readonly StoredEvent[]; readonly nextCursor: string }> {
  let after = demand.after === null ? 0 : parseCursor(demand.after)
  for (let page = 1; ; page++) {
    const { events, reached } = await store.eventPage({ after, limit: demand.limit, reach: caller })
    const isLast = events.length > 0 || reached === after || page === PAGES_OF_A_POLL
    if (isLast) return { items: events, nextCursor: String(reached) }
    after = reached
    await yieldTurn(clock)
  }
}

function parseCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new VaultError('invalid_request', 'the cursor is not one of ours', {
    errors: [{ in: 'query', name: 'after', detail: 'must be a nextCursor of an earlier answer' }],
  })
}
