import type { Kysely } from 'kysely'

type Db = Kysely<unknown>

/** Nothing here is sealed: the tables contain ids, event sequences, times and counters. */
export async function createWebhooks(db: Db): Promise<void> {
  await db.schema
    .alterTable('events')
    .addColumn('subject', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await db.schema
    .createIndex('events_subject_sequence')
    .on('events')
    .columns(['subject', 'sequence'])
    .execute()
  await db.schema
    .createTable('webhooks')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('cursor', 'bigint', (c) => c.notNull())
    .addColumn('replay_after', 'bigint')
    .addColumn('replay_until', 'bigint')
    .addColumn('failures', 'bigint', (c) => c.notNull())
    .addColumn('failing_since', 'bigint')
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('last_failure_at', 'bigint')
    .addColumn('last_failure_detail', 'text')
    .addColumn('last_accepted_at', 'bigint')
    .addColumn('lost', 'bigint', (c) => c.notNull())
    .addColumn('disabled_reason', 'text')
    .addColumn('disabled_at', 'bigint')
    .addColumn('lease_until', 'bigint', (c) => c.notNull())
    .addColumn('configured_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('webhook_holds')
    .addColumn('webhook_id', 'text', (c) =>
      c.notNull().references('webhooks.id').onDelete('cascade'),
    )
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('webhook_holds_key', ['webhook_id', 'subject'])
    .execute()
  await db.schema
    .createIndex('webhook_holds_webhook_id_due_at')
    .on('webhook_holds')
    .columns(['webhook_id', 'due_at'])
    .execute()
}
