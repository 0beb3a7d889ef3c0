import { join } from 'node:path'
import Database from 'better-sqlite3'

/**
 * Every row of every table as text, without the heartbeat, which the schedule writes once a minute.
 * Equal dumps mean that nothing else was written in between.
 */
export function dumpDatabase(dataDir: string): string {
  const database = new Database(join(dataDir, 'larder.db'), { readonly: true })
  try {
    const tables = database
      .prepare<[], { name: string }>(`select name from sqlite_schema where type = 'table'`)
      .all()
    return JSON.stringify(
      tables.map(({ name }) => [name, database.prepare(`select * from "${name}"`).all()]),
      (name, value: unknown) => (name === 'heartbeat_at' ? undefined : value),
    )
  } finally {
    database.close()
  }
}
