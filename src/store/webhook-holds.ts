import { type Kysely, sql } from 'kysely'
import type { Hold, WebhookId } from '../core/webhook.ts'
import type { WebhookWrites } from '../ports.ts'
import { writeInstant } from './rows/column.ts'
import type { Schema } from './schema.ts'

type HoldWrites = Pick<WebhookWrites, 'saveHold' | 'rewindHolds' | 'hurryHolds'>

export function holdWrites(db: Kysely<Schema>): HoldWrites {
  return {
    saveHold: async (id, before, after) => {
      if (before === null) {
        if (after !== null) await insertHold(db, id, after)
        return
      }
      const here = { webhook_id: id, subject: before.subject, sequence: before.sequence }
      if (after === null) {
        await db
          .deleteFrom('webhook_holds')
          .where((eb) => eb.and(here))
          .execute()
        return
      }
      await db
        .updateTable('webhook_holds')
        .set(columnsOf(after))
        .where((eb) => eb.and(here))
        .execute()
    },
    rewindHolds: async (id, after) => {
      await db
        .updateTable('webhook_holds')
        .set((eb) => ({
          sequence: eb.fn.coalesce(
            eb
              .selectFrom('events')
              .select((inner) => inner.fn.min<number>('events.sequence').as('first'))
              .whereRef('events.subject', '=', 'webhook_holds.subject')
              .where('events.sequence', '>', after),
            'webhook_holds.sequence',
          ),
          attempts: 0,
        }))
        .where('webhook_id', '=', id)
        .where('sequence', '>', after)
        .execute()
    },
    hurryHolds: async (id, now) => {
      await db
        .updateTable('webhook_holds')
        .set({ due_at: writeInstant(now) })
        .where('webhook_id', '=', id)
        .execute()
    },
  }
}

/** Where somebody else holds it already, the earlier event counts. */
async function insertHold(db: Kysely<Schema>, id: WebhookId, hold: Hold): Promise<void> {
  await db
    .insertInto('webhook_holds')
    .values({ webhook_id: id, subject: hold.subject, ...columnsOf(hold) })
    .onConflict((conflict) =>
      conflict
        .columns(['webhook_id', 'subject'])
        .doUpdateSet(columnsOf(hold))
        .where('webhook_holds.sequence', '>', sql<number>`excluded.sequence`),
    )
    .execute()
}

function columnsOf(hold: Hold) {
  return { sequence: hold.sequence, attempts: hold.attempts, due_at: writeInstant(hold.dueAt) }
}
