import type { Kysely } from 'kysely'

/**
 * Adds the provider's response to repeated rejections of a grant, the time of the first, and their count.
 */
export async function addRejections(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('rejected_as', 'text').execute()
  await db.schema.alterTable('connections').addColumn('rejected_since', 'bigint').execute()
  await db.schema.alterTable('connections').addColumn('rejected_times', 'bigint').execute()
}
