import type { CompiledQuery } from 'kysely'
import { isLive } from '../../core/connection/connection.ts'
import type { Store } from '../../ports/store.ts'
import type { ConnectionCache, Loaded } from '../cache/connection-cache.ts'
import { connectionById, listedOf, oneDueOf, sortedById } from './connections.ts'
import { oneOpenSince, openSince } from './attempts.ts'
import { oneRevocationDueBy, revocationsDueBy } from './revocations.ts'
import { readRevocation } from '../rows/revocation-row.ts'
import type { ReadContext, ReadRows } from '../context.ts'
import type { Guard } from '../store-failures.ts'
import { readConnection } from '../rows/read-connection.ts'
import type { ConnectionTable } from '../schema.ts'

/**
 * The queries of token requests, answered from the cache if possible, and of each tick of the
 * schedule. They take a promise only if the database needs one.
 */
export function cachedReads(
  context: ReadContext & { readonly readRows: ReadRows },
  cache: ConnectionCache,
  guard: Guard,
): Pick<Store, 'connection' | 'connectionsOf' | 'hasDue' | 'openAttempts' | 'dueRevocations'> {
  const { db } = context
  const load = (row: ConnectionTable): Loaded => ({
    connection: readConnection(context.cipher, row),
    bytes: bytesOf(row),
  })
  const read = <R, T>(query: CompiledQuery<R>, use: (rows: readonly R[]) => T): T | Promise<T> => {
    const rows = guard.read(() => context.readRows(query))
    return rows instanceof Promise ? rows.then(use) : use(rows)
  }
  /**
   * The schedule calls such a query each second, and it rarely finds a row. SQLite compiles a query
   * with bound values and ORDER BY at each run, so `probe` is asked first, which has no order.
   */
  const readIfAny = async <R>(probe: CompiledQuery, query: CompiledQuery<R>) => {
    const isAny = await read(probe, (rows) => rows.length > 0)
    return isAny ? read(query, (rows) => rows) : []
  }
  const loadOne = ([row]: readonly ConnectionTable[]) => (row === undefined ? null : load(row))
  const loadAll = (rows: readonly ConnectionTable[]) => sortedById(rows).map(load)
  return {
    connection: async (id) => {
      guard.assertOutside()
      return cache.connection(id) ?? cache.load(id, () => read(connectionById({ db }, id), loadOne))
    },
    connectionsOf: async (userId, provider) => {
      guard.assertOutside()
      if (provider === null) {
        return (await read(listedOf({ db }, userId, null), loadAll)).map(
          ({ connection }) => connection,
        )
      }
      const query = () => read(listedOf({ db }, userId, provider), loadAll)
      return cache.connectionsOf(userId, provider) ?? cache.loadList({ userId, provider }, query)
    },
    hasDue: async (provider, now) => read(oneDueOf(db, provider, now), (rows) => rows.length > 0),
    openAttempts: async (since, limit) => {
      const rows = await readIfAny(oneOpenSince(db, since), openSince(db, since, limit))
      return rows.map((row) => readConnection(context.cipher, row)).filter(isLive)
    },
    dueRevocations: async (now, limit) => {
      const rows = await readIfAny(oneRevocationDueBy(db, now), revocationsDueBy(db, now, limit))
      return rows.map((row) => readRevocation(context.cipher, row))
    },
  }
}

/** The estimated memory of a connection, without its strings. */
const OBJECT_BYTES = 1_536
/** Each string is in memory twice: in the connection, and in its prepared response. */
const COPIES = 2

/** Estimates the size of a connection in memory from its row. */
function bytesOf(row: ConnectionTable): number {
  let bytes = OBJECT_BYTES
  for (const value of Object.values(row)) {
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += COPIES * value.length
  }
  return bytes
}
