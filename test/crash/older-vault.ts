import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from '../../migrations/index.ts'
import { APPLICATION_ID } from '../../src/store/sqlite/pragmas.ts'

/** Converts a vault at rest to the schema after the given migration step, and keeps its rows. */
export async function downgradeTo(step: string, dataDir: string): Promise<void> {
  const [path, older] = ['larder.db', 'older.db'].map((name) => join(dataDir, name))
  if (path === undefined || older === undefined) throw new Error('no names')
  const raw = new Database(older)
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: raw }) })
  raw.pragma(`application_id = ${APPLICATION_ID}`)
  raw.pragma('journal_mode = wal')
  const provider = { getMigrations: async () => migrations }
  const { error } = await new Migrator({ db, provider }).migrateTo(step)
  if (error !== undefined) throw error
  copyRows(raw, path)
  // The last connection to close removes the WAL.
  await db.destroy()
  await rename(older, path)
}

/** Fills the columns of the older tables; one that the newer table has dropped gets 0. */
function copyRows(raw: Database.Database, from: string): void {
  raw.exec(`attach '${from}' as newer; pragma foreign_keys = off`)
  const named =
    "select name from main.sqlite_schema where type = 'table' and name not like 'kysely%'"
  const columnsOf = raw.prepare('select name from pragma_table_info(?, ?)').pluck()
  for (const table of raw.prepare(named).pluck().all() as string[]) {
    const columns = columnsOf.all(table, 'main') as string[]
    const kept = new Set(columnsOf.all(table, 'newer'))
    const values = columns.map((column) => (kept.has(column) ? column : '0')).join()
    raw.exec(`insert into main.${table} (${columns.join()}) select ${values} from newer.${table}`)
  }
  raw.exec('detach newer')
}
