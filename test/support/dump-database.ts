import { join } from 'node:path'
import Database from 'better-sqlite3'
import { postgresUrlOf } from './open-postgres-vault.ts'
import { queryPostgres } from './postgres.ts'
import { ON_POSTGRES } from './on-postgres.ts'

type Tables = readonly (readonly [name: string, rows: readonly unknown[]])[]

/**
 * Every row of every table as text, without the heartbeat, which the schedule writes once a minute.
 * Equal dumps mean that nothing else was written in between.
 */
export async function dumpDatabase(dataDir: string): Promise<string> {
  const tables = ON_POSTGRES ? await tablesOfPostgres(dataDir) : tablesOfSqlite(dataDir)
  return JSON.stringify(tables, (name, value: unknown) =>
    name === 'heartbeat_at' ? undefined : value,
  )
}

function tablesOfSqlite(dataDir: string): Tables {
  const database = new Database(join(dataDir, 'larder.db'), { readonly: true })
  try {
    const tables = database
      .prepare<[], { name: string }>(`select name from sqlite_schema where type = 'table'`)
      .all()
    return tables.map(({ name }) => [name, database.prepare(`select * from "${name}"`).all()])
  } finally {
    database.close()
  }
}

async function tablesOfPostgres(dataDir: string): Promise<Tables> {
  const url = postgresUrlOf(dataDir)
  const found = await queryPostgres(
    url,
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  )
  const tables: [string, readonly unknown[]][] = []
  for (const { name } of found as readonly { readonly name: string }[]) {
    // Sorted, because an update moves a row.
    tables.push([name, await queryPostgres(url, `select t.* from "${name}" t order by t::text`)])
  }
  return tables
}
