import { type Kysely, sql } from 'kysely'
import type { Hold, WebhookId } from '../core/webhook.ts'
import { latestDue } from '../core/webhook-delivery.ts'
import type { WebhookReads, WebhookWrites } from '../ports/store.ts'
import { writeInstant } from './rows/column.ts'
import { readHold } from './rows/webhook-row.ts'
import type { Schema } from './schema.ts'

type HoldWrites = Pick<WebhookWrites, 'saveHold' | 'rewindHolds' | 'hurryHolds'>
type HoldReads = Pick<WebhookReads, 'dueHolds' | 'heldSubjects'>

export function holdReads(db: Kysely<Schema>): HoldReads {
  return {
    dueHolds: async (id, now, limit) => {
      const rows = await db
        .selectFrom('webhook_holds')
        .selectAll()
        .where('webhook_id', '=', id)
        .where((eb) => eb.or([eb('due_at', '<=', now), eb('due_at', '>', latestDue(now))]))
        .orderBy('due_at')
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(readHold)
    },
    heldSubjects: async (id) => {
      const rows = await db
        .selectFrom('webhook_holds')
        .select('subject')
        .where('webhook_id', '=', id)
        .execute()
      return new Set(rows.map(({ subject }) => subject))
    },
  }
}

export function holdWrites(db: Kysely<Schema>): HoldWrites {
  return {
    saveHold: (id, before, after) => saveHold(db, { id, before, after }),
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

type Change = { readonly id: WebhookId; readonly before: Hold | null; readonly after: Hold | null }

async function saveHold(db: Kysely<Schema>, { id, before, after }: Change): Promise<void> {
  if (before === null) {
    if (after !== null) await insertHold(db, id, after)
    return
  }
  const here = { webhook_id: id, subject: before.subject, sequence: before.sequence }
  const change =
    after === null
      ? db.deleteFrom('webhook_holds').where((eb) => eb.and(here))
      : db
          .updateTable('webhook_holds')
          .set(columnsOf(after))
          .where((eb) => eb.and(here))
  await change.execute()
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
