import type { Kysely } from 'kysely'

/** The link that a flow belongs to, so that the flows of one link can be limited. */
export async function addFlowsOfLinks(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('flows').addColumn('link_id', 'text').execute()
  await db.schema.createIndex('flows_link_id').on('flows').column('link_id').execute()
}
