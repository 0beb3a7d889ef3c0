import type { Kysely } from 'kysely'
import { blobType } from './blob-type.ts'

/**
 * A seal over what each row holds. It is null here and filled in the same transaction by
 * `src/store/queries/seal-rows.ts`, which has the keys; a row without one does not open.
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
