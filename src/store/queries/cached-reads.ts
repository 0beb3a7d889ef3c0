import type { CompiledQuery } from 'kysely'
import type { Store } from '../../ports/store.ts'
import type { ConnectionCache, Loaded } from '../cache/connection-cache.ts'
import { selectById, selectDueOf, selectListedOf, sortedById } from './connections.ts'
import type { ReadContext, ReadRows } from '../context.ts'
import type { Guard } from '../store-failures.ts'
import { readConnection } from '../rows/read-connection.ts'
import type { ConnectionTable } from '../schema.ts'

/**
 * The queries of token requests, answered from the cache if possible, and of each tick of the
 * schedule. They are compiled once, and take a promise only if the database needs one.
 */
export function cachedReads(
  context: ReadContext & { readonly readRows: ReadRows },
  cache: ConnectionCache,
  guard: Guard,
): Pick<Store, 'connection' | 'connectionsOf' | 'hasDue'> {
  const { db } = context
  const byId = bound(selectById(db, ''))
  const ofUser = bound(selectListedOf(db, '', null))
  const ofUserAtProvider = bound(selectListedOf(db, '', ''))
  const due = bound(selectDueOf(db, '', 0))
  const load = (row: ConnectionTable): Loaded => ({
    connection: readConnection(context.cipher, row),
    bytes: bytesOf(row),
  })
  const read = <R, T>(query: CompiledQuery<R>, use: (rows: readonly R[]) => T): T | Promise<T> => {
    const rows = guard.read(() => context.readRows(query))
    return rows instanceof Promise ? rows.then(use) : use(rows)
  }
  const loadOne = ([row]: readonly ConnectionTable[]) => (row === undefined ? null : load(row))
  const loadAll = (rows: readonly ConnectionTable[]) => sortedById(rows).map(load)
  return {
    connection: async (id) => {
      guard.assertOutside()
      return cache.connection(id) ?? cache.load(id, () => read(byId(id), loadOne))
    },
    connectionsOf: async (userId, provider) => {
      guard.assertOutside()
      if (provider === null) {
        return (await read(ofUser(userId), loadAll)).map(({ connection }) => connection)
      }
      const query = () => read(ofUserAtProvider(userId, provider), loadAll)
      return cache.connectionsOf(userId, provider) ?? cache.loadList({ userId, provider }, query)
    },
    hasDue: async (provider, now) => read(due(provider, now), (rows) => rows.length > 0),
  }
}

/** Compiles a query once. Each call binds values to its parameters, in their order in the query. */
function bound<R>(query: { compile(): CompiledQuery<R> }) {
  const compiled = query.compile()
  return (...parameters: readonly (string | number)[]): CompiledQuery<R> => ({
    ...compiled,
    parameters,
  })
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
