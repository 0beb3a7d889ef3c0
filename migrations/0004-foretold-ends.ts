import type { Kysely } from 'kysely'

/** From when on the host app should hear that a grant ends. */
export async function addForetoldEnds(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('end_notice_at', 'bigint').execute()
  await db.schema
    .createIndex('connections_end_notice_at')
    .on('connections')
    .column('end_notice_at')
    .execute()
}
