import type { Kysely } from 'kysely'

/** Null until the first read of a connection is recorded. */
export async function addLastReads(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('last_read_at', 'bigint').execute()
}
