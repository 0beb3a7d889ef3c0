import type { Kysely } from 'kysely'
import { blobType } from './blob-type.ts'

/** Adds the user's own credentials to connections, and a count of credential submissions to links. */
export async function addCredentials(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('credentials_blob', blobType(db)).execute()
  await db.schema
    .alterTable('connect_links')
    .addColumn('tries', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
}
