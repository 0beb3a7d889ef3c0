import type { Store } from '../../ports/store.ts'
import type { ConnectionCache, Loaded } from '../cache/connection-cache.ts'
import { connectionRowById, connectionRowsOf } from './connections.ts'
import type { ReadContext } from '../context.ts'
import type { Guard } from '../store-failures.ts'
import { readConnection } from '../rows/read-connection.ts'
import type { ConnectionTable } from '../schema.ts'

/** The queries of a token request, answered from the cache if possible. */
export function cachedReads(
  context: ReadContext,
  cache: ConnectionCache,
  guard: Guard,
): Pick<Store, 'connection' | 'connectionsOf'> {
  const load = (row: ConnectionTable): Loaded => ({
    connection: readConnection(context.cipher, row),
    bytes: bytesOf(row),
  })
  return {
    connection: async (id) => {
      guard.assertOutside()
      return (
        cache.connection(id) ??
        cache.load(id, async () => {
          const row = await guard.outside(() => connectionRowById(context, id))
          return row === undefined ? null : load(row)
        })
      )
    },
    connectionsOf: async (userId, provider) => {
      guard.assertOutside()
      const read = async (): Promise<readonly Loaded[]> =>
        (await guard.outside(() => connectionRowsOf(context, userId, provider))).map(load)
      if (provider === null) return (await read()).map(({ connection }) => connection)
      return cache.connectionsOf(userId, provider) ?? cache.loadList({ userId, provider }, read)
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
