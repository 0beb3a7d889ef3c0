import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from '../../migrations/index.ts'
import { APPLICATION_ID } from '../../src/store/sqlite/pragmas.ts'

/** Converts a vault at rest to the schema after the given migration step, and keeps its rows. */
export async function turnBackTo(step: string, dataDir: string): Promise<void> {
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

/** Copies the columns that the older tables have. */
function copyRows(raw: Database.Database, from: string): void {
  raw.exec(`attach '${from}' as newer; pragma foreign_keys = off`)
  const named =
    "select name from main.sqlite_schema where type = 'table' and name not like 'kysely%'"
  for (const table of raw.prepare(named).pluck().all() as string[]) {
    const columns = raw.prepare('select name from pragma_table_info(?)').pluck().all(table).join()
    raw.exec(`insert into main.${table} (${columns}) select ${columns} from newer.${table}`)
  }
  raw.exec('detach newer')
}
