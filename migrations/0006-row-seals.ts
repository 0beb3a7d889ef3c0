import type { Kysely } from 'kysely'
import { blobType } from './blob-type.ts'

/**
 * Adds a seal over the columns of each row. The column is null here. `src/store/queries/seal-rows.ts`,
 * which has the keys, fills it in the same transaction. A row without a seal does not open.
 */
export async function addRowSeals(db: Kysely<unknown>): Promise<void> {
  const tables = [
    'connections',
    'connect_links',
    'flows',
    'waiting_grants',
    'events',
    'revocations',
  ]
  for (const table of tables) {
    await db.schema.alterTable(table).addColumn('row_blob', blobType(db)).execute()
  }
}
