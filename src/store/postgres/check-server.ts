import type { Pool } from 'pg'
import { OpenError } from '../open-error.ts'

const OLDEST_VERSION = 140_000

type Server = {
  readonly version: number
  readonly encoding: string
  readonly synchronous: string
  readonly fsync: string
  readonly recovers: boolean
  readonly may_create: boolean | null
  readonly denied: string | null
}

const ASK = `
  select
    current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    current_setting('synchronous_commit') as synchronous,
    current_setting('fsync') as fsync,
    pg_is_in_recovery() as recovers,
    has_schema_privilege(current_schema(), 'create') as may_create,
    (select min(c.relname) from pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
        and c.relname = any($1)
        and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
          and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))
    ) as denied`

/**
 * Throws `OpenError` if the server cannot keep a vault. `allowsNoFsync` is for tests, whose servers
 * need not survive a power failure.
 */
export async function checkServer(
  pool: Pool,
  { tables, allowsNoFsync = false }: { tables: readonly string[]; allowsNoFsync?: boolean },
): Promise<void> {
  const { rows } = await pool.query<Server>(ASK, [tables])
  const server = rows[0]
  if (server === undefined) throw new OpenError('unsuitable_database', 'it does not answer')
  const problem = problemOf(server, allowsNoFsync)
  if (problem !== null) throw new OpenError('unsuitable_database', problem)
}

function problemOf(server: Server, allowsNoFsync: boolean): string | null {
  if (server.version < OLDEST_VERSION) {
    return `PostgreSQL ${Math.floor(server.version / 10_000)} is older than 14`
  }
  if (server.recovers) return 'it is a standby; connect to the primary'
  if (server.encoding !== 'UTF8') return 'its encoding is not UTF8'
  if (server.synchronous === 'off') return 'synchronous_commit is off'
  if (server.fsync !== 'on' && !allowsNoFsync) return 'fsync is off'
  if (server.may_create !== true) return 'its user may not create tables in the schema'
  if (server.denied !== null) return `its user may not read and write the table ${server.denied}`
  return null
}
