import { type Kysely, sql } from 'kysely'
import { lastKnownStep, migrate } from '../migrate.ts'
import { OpenError } from '../open-error.ts'
import { sealRows } from '../queries/seal-rows.ts'
import type { RowCipher } from '../rows/row-cipher.ts'
import type { Schema } from '../schema.ts'

/** `LARD` in ASCII. */
const LOCK_CLASS = 0x4c415244
const LOCK_OF_MIGRATIONS = 2

/**
 * Runs `work` on one connection while no other process migrates this database. The lock belongs to
 * the connection, so the connection must not go through PgBouncer in transaction mode.
 */
export async function whileMigrating<T>(
  db: Kysely<Schema>,
  work: (session: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (session) => {
    await sql`set lock_timeout = '60s'`.execute(session)
    await sql`select pg_advisory_lock(${sql.lit(LOCK_CLASS)}, ${sql.lit(LOCK_OF_MIGRATIONS)})`.execute(
      session,
    )
    try {
      return await work(session)
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(LOCK_CLASS)}, ${sql.lit(LOCK_OF_MIGRATIONS)})`.execute(
        session,
      )
      await sql`reset lock_timeout`.execute(session)
    }
  })
}

/** Runs the missing migrations. `cipher` is null if there is no row yet. */
export async function migratePostgres(
  session: Kysely<Schema>,
  cipher: RowCipher | null,
): Promise<void> {
  await lastKnownStep(session)
  await migrate(session, async (step, trx) => {
    if (step === '0006-row-seals' && cipher !== null) await sealRows(trx, cipher)
  })
}

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
