import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg, { type Pool, type PoolClient } from 'pg'
import type { PostgresSettings } from '../../ports/database-settings.ts'
import { connectionConfig } from './settings.ts'

const INT8 = 20

/** Counts, times and sequences are below 2^53. The parser is not global, for other users of `pg`. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    (id as number) === INT8 ? Number : pg.types.getTypeParser(id, format),
}

export function openPool(settings: PostgresSettings): Pool {
  const pool = new pg.Pool({
    ...connectionConfig(settings),
    max: settings.poolSize,
    types: TYPES,
  })
  // The pool drops an idle connection that fails. Without a listener the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** The pool as Kysely uses it. */
export function poolForKysely(pool: Pool): PostgresPool {
  return {
    options: {},
    connect: async () => forKysely(await pool.connect()),
    end: () => pool.end(),
  }
}

const READ_ONLY = '25006'

/**
 * Whether the connection must not be used again. After its time-out, the client still waits for the
 * answer of that statement. A server that became a standby stays one, but the URL may lead to the
 * new primary.
 */
function endsConnection(error: Error): boolean {
  const isReadOnly = 'code' in error && error.code === READ_ONLY
  return isReadOnly || error.message === 'Query read timeout'
}

const clients = new WeakMap<PoolClient, PostgresPoolClient>()

/** Kysely recognizes a connection by its client, so each client gets one wrapper. */
function forKysely(client: PoolClient): PostgresPoolClient {
  const known = clients.get(client)
  if (known !== undefined) return known
  let isBroken = false
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      const result: unknown = await client.query(text, [...parameters])
      // Several statements in one message have several results. The last one counts.
      return Array.isArray(result) ? result.at(-1) : result
    } catch (error) {
      if (error instanceof Error && endsConnection(error)) isBroken = true
      throw error
    }
  }
  const release = (discard?: boolean) => client.release(isBroken || discard === true)
  const wrapper = { query, release } as unknown as PostgresPoolClient
  clients.set(client, wrapper)
  return wrapper
}
