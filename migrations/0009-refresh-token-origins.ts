import type { Kysely } from 'kysely'

/**
 * Whether a remembered refresh token arrived from outside (1) or was received by a refresh (0). Null
 * in rows of an earlier version, which the sweep sorts; their own index is empty afterwards.
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
