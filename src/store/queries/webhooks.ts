import type { Kysely } from 'kysely'
import type { Instant } from '../../core/base/ids.ts'
import type { WebhookId, WebhookState } from '../../core/events/webhook.ts'
import type { WebhookReads, WebhookWrites } from '../../ports/webhook-store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { newestEvent } from './events.ts'
import { locked } from '../sql/row-locks.ts'
import { writeInstant } from '../rows/column.ts'
import { readEvent } from '../rows/event-row.ts'
import { readWebhook, webhookColumns } from '../rows/webhook-row.ts'
import type { Schema } from '../schema.ts'
import { EVENTS_KEPT_MS } from './sweep.ts'
import { holdReads, holdWrites } from './webhook-holds.ts'

/** How long the state of an endpoint is stored after its removal from the settings. */
const WEBHOOKS_KEPT_MS = EVENTS_KEPT_MS

export function webhookReads(context: ReadContext): WebhookReads {
  const { db, cipher } = context
  return {
    webhookStates: async () => {
      const rows = await db.selectFrom('webhooks').selectAll().orderBy('id').execute()
      return rows.map(readWebhook)
    },
    webhookState: async (id) => {
      const row = await locked(context, db.selectFrom('webhooks').selectAll())
        .where('id', '=', id)
        .executeTakeFirst()
      return row === undefined ? null : readWebhook(row)
    },
    ...eventReads({ db, cipher }),
    ...holdReads(db),
  }
}

type EventReads = Pick<WebhookReads, 'newestEvent' | 'lastEventBefore' | 'eventsOf' | 'countEvents'>

function eventReads({ db, cipher }: ReadContext): EventReads {
  return {
    newestEvent: () => newestEvent(db),
    lastEventBefore: async (instant) => {
      const first = await db
        .selectFrom('events')
        .select('sequence')
        .where('created_at', '>=', writeInstant(instant))
        .orderBy('created_at')
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst()
      return first === undefined ? newestEvent(db) : first.sequence - 1
    },
    countEvents: async (after, until) => {
      const { count } = await db
        .selectFrom('events')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('sequence', '>', after)
        .where('sequence', '<=', until)
        .executeTakeFirstOrThrow()
      return count
    },
    eventsOf: async (subject, { from, until, limit }) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('subject', '=', subject)
        .where('sequence', '>=', from)
        .where('sequence', '<=', until)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map((row) => readEvent(cipher, row))
    },
  }
}

export function webhookWrites({ db }: WriteContext): WebhookWrites {
  return {
    keepWebhooks: async (ids, now) => {
      for (const id of ids) await keepWebhook(db, id, now)
      await db
        .deleteFrom('webhooks')
        .where('configured_at', '<=', writeInstant(now - WEBHOOKS_KEPT_MS))
        .execute()
    },
    claimWebhook: async (id, { now, until }) => {
      const { numUpdatedRows } = await db
        .updateTable('webhooks')
        .set({ lease_until: writeInstant(until) })
        .where('id', '=', id)
        .where('lease_until', '<=', now)
        .executeTakeFirstOrThrow()
      return { won: numUpdatedRows === 1n }
    },
    endClaim: async (id) => {
      await db.updateTable('webhooks').set({ lease_until: 0 }).where('id', '=', id).execute()
    },
    saveWebhook: async (state) => {
      await db
        .updateTable('webhooks')
        .set(webhookColumns(state))
        .where('id', '=', state.id)
        .execute()
    },
    ...holdWrites(db),
  }
}

/** Inserts a new endpoint. It gets only events from now on. */
async function keepWebhook(db: Kysely<Schema>, id: WebhookId, now: Instant): Promise<void> {
  const state: WebhookState = { ...UNTRIED, id, cursor: await newestEvent(db) }
  await db
    .insertInto('webhooks')
    .values({ id, ...webhookColumns(state), lease_until: 0, configured_at: writeInstant(now) })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ configured_at: writeInstant(now) }),
    )
    .execute()
}

const UNTRIED = {
  replay: null,
  failures: 0,
  failingSince: null,
  dueAt: 0,
  lastFailure: null,
  lastAcceptedAt: null,
  lost: 0,
  enableCount: 0,
  disabled: null,
} as const
