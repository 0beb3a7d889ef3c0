import { sql } from 'kysely'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
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
  connections: ['lease_until'],
  vault: ['heartbeat_at'],
} as const satisfies Partial<{ [T in keyof Schema]: readonly (keyof Schema[T])[] }>

export function clockSetBackWrites({ db }: WriteContext): Pick<Writes, 'endWaits'> {
  return {
    endWaits: async (now) => {
      for (const [table, columns] of Object.entries(AHEAD)) {
        for (const column of columns) {
          const at = sql.ref(column)
          await sql`update ${sql.table(table)} set ${at} = ${now} where ${at} > ${now}`.execute(db)
        }
      }
    },
  }
}
