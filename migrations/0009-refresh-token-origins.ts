import type { Kysely } from 'kysely'

/**
 * Adds the origin of a refresh token: 1 from a consent or import, 0 from a refresh. Rows from an earlier
 * version are null until the sweep sets their origin. After the sweep, the index of null rows is empty.
 */
export async function addRefreshTokenOrigins(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('refresh_token_hashes').addColumn('arrived', 'integer').execute()
  await db.schema.dropIndex('refresh_token_hashes_connection_id').execute()
  await db.schema
    .createIndex('refresh_token_hashes_connection_id_arrived_created_at')
    .on('refresh_token_hashes')
    .columns(['connection_id', 'arrived', 'created_at'])
    .execute()
  await db.schema
    .createIndex('refresh_token_hashes_unsorted')
    .on('refresh_token_hashes')
    .column('connection_id')
    .where('arrived' as never, 'is', null)
    .execute()
}
