import { type Kysely, sql } from 'kysely'
import type { Hold, WebhookId } from '../../core/events/webhook.ts'
import type { WebhookReads, WebhookWrites } from '../../ports/webhook-store.ts'
import { writeInstant } from '../rows/column.ts'
import { readHold } from '../rows/webhook-row.ts'
import type { Schema } from '../schema.ts'

type HoldWrites = Pick<WebhookWrites, 'saveHold' | 'hurryHolds'>
type HoldReads = Pick<WebhookReads, 'dueHolds' | 'countHolds' | 'holdsOf'>

export function holdReads(db: Kysely<Schema>): HoldReads {
  return {
    dueHolds: async (id, { now, until, limit }) => {
      const rows = await db
        .selectFrom('webhook_holds')
        .selectAll()
        .where('webhook_id', '=', id)
        .where('sequence', '<=', until)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(readHold)
    },
    countHolds: async (id, until) => {
      const { count } = await db
        .selectFrom('webhook_holds')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('webhook_id', '=', id)
        .$if(until !== null, (holds) => holds.where('sequence', '<=', until))
        .executeTakeFirstOrThrow()
      return count
    },
    holdsOf: async (id, subjects) => {
      if (subjects.length === 0) return new Map()
      const rows = await db
        .selectFrom('webhook_holds')
        .select(['subject', 'sequence'])
        .where('webhook_id', '=', id)
        .where('subject', 'in', [...new Set(subjects)])
        .execute()
      return new Map(rows.map(({ subject, sequence }) => [subject, sequence]))
    },
  }
}

export function holdWrites(db: Kysely<Schema>): HoldWrites {
  return {
    saveHold: (id, before, after) => saveHold(db, { id, before, after }),
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
          // Subtract only the count that was read. Events that were deleted since then are counted
          // later.
          .set((eb) => ({ lost: eb('lost', '-', before.lost) }))
          .where((eb) => eb.and(here))
  await change.execute()
}

/** If the subject already has a hold, the hold with the earlier event stays. */
async function insertHold(db: Kysely<Schema>, id: WebhookId, hold: Hold): Promise<void> {
  // PostgreSQL has no `min` of two values, and SQLite has no `least`.
  const earlierOwed = sql<number>`
    case when excluded.owed_from < webhook_holds.owed_from then excluded.owed_from
    else webhook_holds.owed_from end`
  await db
    .insertInto('webhook_holds')
    .values({ webhook_id: id, subject: hold.subject, lost: 0, ...columnsOf(hold) })
    .onConflict((conflict) =>
      conflict
        .columns(['webhook_id', 'subject'])
        .doUpdateSet({ ...columnsOf(hold), owed_from: earlierOwed })
        .where('webhook_holds.sequence', '>', sql<number>`excluded.sequence`),
    )
    .execute()
}

function columnsOf({ sequence, attempts, dueAt, owedFrom }: Hold) {
  return { sequence, attempts, due_at: writeInstant(dueAt), owed_from: owedFrom }
}

/**
 * Call before these events are deleted. For each hold, counts as lost the events that
 * still wait in the hold.
 */
export async function countLostOfHolds(
  db: Kysely<Schema>,
  sequences: readonly number[],
): Promise<void> {
  await db
    .updateTable('webhook_holds')
    .from('webhooks')
    .set((eb) => ({
      lost: eb(
        'webhook_holds.lost',
        '+',
        eb
          .selectFrom('events')
          .select((inner) => inner.fn.countAll<number>().as('count'))
          .whereRef('events.subject', '=', 'webhook_holds.subject')
          .whereRef('events.sequence', '>=', 'webhook_holds.owed_from')
          .whereRef('events.sequence', '<=', 'webhooks.cursor')
          .where('events.sequence', 'in', sequences),
      ),
    }))
    .whereRef('webhooks.id', '=', 'webhook_holds.webhook_id')
    .execute()
}
