import type { Kysely } from 'kysely'
import { blobType } from './blob-type.ts'

/** Connections that live on credentials of the user's own, and how often a link was tried with some. */
export async function addCredentials(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').addColumn('credentials_blob', blobType(db)).execute()
  await db.schema
    .alterTable('connect_links')
    .addColumn('tries', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
}
