import type { Kysely } from 'kysely'

/** The answer by which a grant is rejected again and again. */
export async function addRejections(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('rejected_as', 'text').execute()
  await db.schema.alterTable('connections').addColumn('rejected_since', 'bigint').execute()
  await db.schema.alterTable('connections').addColumn('rejected_times', 'bigint').execute()
}
