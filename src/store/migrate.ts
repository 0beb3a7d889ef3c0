import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from '../../migrations/index.ts'
import { OpenError } from './open-error.ts'
import type { Schema } from './schema.ts'

export const NEWEST_STEP = Object.keys(migrations).toSorted().at(-1)

const RECORD_TABLE = 'kysely_migration'

/**
 * Returns the last migration that ran. Throws for a database of a newer version. Does not write.
 */
export async function lastKnownStep(db: Kysely<Schema>): Promise<string | undefined> {
  const executed = await executedMigrations(db)
  const unknown = executed.find((name) => !Object.hasOwn(migrations, name))
  if (unknown !== undefined) throw new OpenError('newer_schema', unknown)
  return executed.toSorted().at(-1)
}

/** Throws `OpenError` for a database of another version. */
export async function assertNewestStep(db: Kysely<Schema>): Promise<void> {
  if ((await lastKnownStep(db)) !== NEWEST_STEP) throw new OpenError('older_schema')
}

/**
 * Runs the missing migrations. `complete` does the work that needs the vault's keys. A migration
 * and its record commit together, so a crash never leaves a migration half done.
 */
export async function migrate(
  db: Kysely<Schema>,
  complete: (step: string, trx: Kysely<Schema>) => Promise<void> = async () => {},
): Promise<void> {
  const provider = { getMigrations: async () => migrations }
  const pending = Object.keys(migrations).length - (await executedMigrations(db)).length
  for (let steps = 0; steps < pending; steps++) {
    await db.transaction().execute(async (trx) => {
      const { error, results } = await new Migrator({ db: trx, provider }).migrateUp()
      if (error !== undefined) throw error
      for (const { migrationName } of results ?? []) await complete(migrationName, trx)
    })
  }
}

async function executedMigrations(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === RECORD_TABLE)) return []
  const rows = await db
    .withTables<{ [RECORD_TABLE]: { name: string } }>()
    .selectFrom(RECORD_TABLE)
    .select('name')
    .execute()
  return rows.map(({ name }) => name)
}
