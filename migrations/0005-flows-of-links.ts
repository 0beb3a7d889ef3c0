import type { Kysely } from 'kysely'

/** Adds the link of a flow, so that the number of flows per link can be limited. */
export async function addFlowsOfLinks(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('flows').addColumn('link_id', 'text').execute()
  await db.schema.createIndex('flows_link_id').on('flows').column('link_id').execute()
}
