import { sql } from 'kysely'
import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { locked } from '../sql/row-locks.ts'
import { changedRow } from '../rows/row-seal.ts'
import type { Schema } from '../schema.ts'

export function everyConnectionReads({ db }: ReadContext): Pick<Reads, 'connectionIds'> {
  return {
    connectionIds: async (after, limit) => {
      const query = db.selectFrom('connections').select('id').orderBy('id').limit(limit)
      const rows = await (after === null ? query : query.where('id', '>', after)).execute()
      return rows.map(({ id }) => id as ConnectionId)
    },
  }
}

/** Columns whose time may be in the future after the clock was set back. None of them is sealed. */
const AHEAD = {
  revocations: ['due_at', 'created_at'],
  circuits: ['open_since', 'open_until'],
  webhooks: [
    'due_at',
    'lease_until',
    'failing_since',
    'last_failure_at',
    'last_accepted_at',
    'disabled_at',
    'configured_at',
  ],
  webhook_holds: ['due_at'],
  data_keys: ['created_at', 'retired_at'],
  connections: ['lease_until', 'last_read_at'],
  vault: ['heartbeat_at'],
} as const satisfies Partial<{ [T in keyof Schema]: readonly (keyof Schema[T])[] }>

export function clockSetBackWrites(context: WriteContext): Pick<Writes, 'endWaits'> {
  const { db } = context
  return {
    endWaits: async (now, byMs) => {
      await moveEnds(context, now, byMs)
      for (const [table, columns] of Object.entries(AHEAD)) {
        for (const column of columns) {
          const at = sql.ref(column)
          await sql`update ${sql.table(table)} set ${at} = ${now} where ${at} > ${now}`.execute(db)
        }
      }
    },
  }
}

/**
 * Open links and flows keep the time that they had left, and waiting grants their age. Rows that
 * have ended at `now` stay as they are.
 */
async function moveEnds(context: WriteContext, now: Instant, byMs: number): Promise<void> {
  const { db, cipher } = context
  const flows = locked(context, db.selectFrom('flows').selectAll()).where('expires_at', '>', now)
  for (const row of await flows.execute()) {
    const columns = changedRow(cipher, 'flows', row, { expires_at: row.expires_at - byMs })
    await db.updateTable('flows').set(columns).where('id', '=', row.id).execute()
  }
  for (const row of await openLinks(context, now).execute()) {
    const { expires_at, confirm_before } = row
    const columns = changedRow(cipher, 'connect_links', row, {
      expires_at: expires_at - byMs,
      confirm_before: confirm_before === null ? null : confirm_before - byMs,
    })
    await db.updateTable('connect_links').set(columns).where('id', '=', row.id).execute()
  }
  for (const row of await locked(context, db.selectFrom('waiting_grants').selectAll()).execute()) {
    const columns = changedRow(cipher, 'waiting_grants', row, { sent_at: row.sent_at - byMs })
    await db.updateTable('waiting_grants').set(columns).where('link_id', '=', row.link_id).execute()
  }
}

function openLinks(context: WriteContext, now: Instant) {
  const open = ['pending', 'awaiting_confirmation']
  return locked(context, context.db.selectFrom('connect_links').selectAll())
    .where('status', 'in', open)
    .where((eb) => eb.or([eb('expires_at', '>', now), eb('confirm_before', '>', now)]))
}
