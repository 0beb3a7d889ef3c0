import { type Kysely, sql } from 'kysely'

type Db = Kysely<unknown>

/** Adds the events that an endpoint never accepted to its holds, and a count of enables to endpoints. */
export async function addHoldsOfWebhooks(db: Db): Promise<void> {
  await db.schema
    .alterTable('webhook_holds')
    .addColumn('owed_from', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('webhook_holds')
    .addColumn('lost', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`update webhook_holds set owed_from = sequence`.execute(db)
  await db.schema
    .alterTable('webhooks')
    .addColumn('enable_count', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
}
