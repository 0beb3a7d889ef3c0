import type { Kysely } from 'kysely'

/**
 * Drops a counter that nothing reads. SQLite rewrites the table once, as for row seals (0006). This takes
 * one second for 100,000 connections.
 */
export async function dropLeaseFence(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('connections').dropColumn('lease_fence').execute()
}
