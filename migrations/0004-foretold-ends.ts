import type { Kysely } from 'kysely'

/** Adds the time at which the host app is notified that a grant will expire. */
export async function addForetoldEnds(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('end_notice_at', 'bigint').execute()
  await db.schema
    .createIndex('connections_end_notice_at')
    .on('connections')
    .column('end_notice_at')
    .execute()
}
