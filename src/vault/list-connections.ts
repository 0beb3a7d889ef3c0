import type { Caller } from '../core/access.ts'
import type { Connection, Status } from '../core/connection.ts'
import { VaultError } from '../core/errors.ts'
import {
  type ConnectionId,
  type Instant,
  parseConnectionId,
  type ProviderId,
  type UserId,
} from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export type ListDemand = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Status | null
  readonly expiringBefore: Instant | null
  readonly cursor: string | null
  readonly limit: number
}

/** In the order of their making; a page never repeats nor skips what stays, whatever is written meanwhile. */
export async function listConnections(
  ports: Pick<Ports, 'store'>,
  caller: Caller,
  demand: ListDemand,
): Promise<{ readonly items: readonly Connection[]; readonly nextCursor: string | null }> {
  const { cursor, ...filter } = demand
  const found = await ports.store.listConnections({
    ...filter,
    after: cursor === null ? null : parseCursor(cursor),
    limit: demand.limit + 1,
    reach: caller,
  })
  const items = found.slice(0, demand.limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > items.length && last ? last.id : null }
}

/** A cursor is the id of the last item seen; that item may be gone by now. */
function parseCursor(cursor: string): ConnectionId {
  try {
    return parseConnectionId(cursor)
  } catch {
    throw new VaultError('invalid_request', 'the cursor is not one of ours', {
      errors: [
        { in: 'query', name: 'cursor', detail: 'must be a nextCursor of an earlier answer' },
      ],
    })
  }
}
