import type { Caller } from '../../core/base/access.ts'
import type { Connection, Status } from '../../core/connection/connection.ts'
import {
  type Instant,
  parseConnectionId,
  type ProviderId,
  type UserId,
} from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { parseCursor } from './parse-cursor.ts'

export type ListRequest = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Status | null
  readonly expiringBefore: Instant | null
  readonly cursor: string | null
  readonly limit: number
}

/** Oldest first. Writes between two pages never cause a connection to be repeated or skipped. */
export async function listConnections(
  ports: Pick<Ports, 'store'>,
  caller: Caller,
  request: ListRequest,
): Promise<{ readonly items: readonly Connection[]; readonly nextCursor: string | null }> {
  const { cursor, limit, ...wanted } = request
  const filter = { ...wanted, reach: caller }
  const after = parseCursor(cursor, parseConnectionId)
  const found = await ports.store.listConnections({ ...filter, after, limit: limit + 1 })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  if (last === undefined) return { items, nextCursor: null }
  // A page may be short because of its size limit in bytes, although it is not the last page.
  const more =
    found.length > limit ||
    (await ports.store.listConnections({ ...filter, after: last.id, limit: 1 })).length > 0
  return { items, nextCursor: more ? last.id : null }
}
