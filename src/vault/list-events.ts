import type { Caller } from '../core/access.ts'
import { VaultError } from '../core/errors.ts'
import type { StoredEvent } from '../core/event.ts'
import type { Ports } from '../ports.ts'

/** `after` is the cursor of an earlier answer; null: from the oldest kept. The cursor moves on only past what was shown. */
export async function listEvents(
  ports: Pick<Ports, 'store'>,
  caller: Caller,
  demand: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly items: readonly StoredEvent[]; readonly nextCursor: string }> {
  const after = demand.after === null ? 0 : parseCursor(demand.after)
  const items = await ports.store.events({ after, limit: demand.limit, reach: caller })
  return { items, nextCursor: String(items.at(-1)?.sequence ?? after) }
}

function parseCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new VaultError('invalid_request', 'the cursor is not one of ours', {
    errors: [{ in: 'query', name: 'after', detail: 'must be a nextCursor of an earlier answer' }],
  })
}
