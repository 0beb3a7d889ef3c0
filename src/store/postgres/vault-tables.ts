import { type Kysely, sql } from 'kysely'
import { lastKnownStep } from '../migrate.ts'
import { OpenError } from '../open-error.ts'
import type { Schema } from '../schema.ts'

/** The name of the table `vault` of a vault that was moved to another database. */
export const MOVED_TABLE = 'vault_moved'

/** Whether the database has the tables of a vault. Throws `OpenError` for the tables of others. */
export async function hasVaultTables(
  db: Kysely<Schema>,
  tables: readonly string[],
): Promise<boolean> {
  const isMigrated = (await lastKnownStep(db)) !== undefined
  const { rows } = await sql<{ readonly name: string }>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r'
      and relname in (${sql.join([...tables, MOVED_TABLE])})`.execute(db)
  if (rows.some(({ name }) => name === MOVED_TABLE)) throw new OpenError('moved')
  if (isMigrated) return true
  if (rows.length > 0) throw new OpenError('foreign_file', `it has a table ${rows[0]?.name}`)
  return false
}
