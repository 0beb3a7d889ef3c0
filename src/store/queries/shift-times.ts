import { sql } from 'kysely'
import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import { changedRow } from '../rows/row-seal.ts'

export function everyConnectionReads({ db }: ReadContext): Pick<Reads, 'connectionIds'> {
  return {
    connectionIds: async (after, limit) => {
      const query = db.selectFrom('connections').select('id').orderBy('id').limit(limit)
      const rows = await (after === null ? query : query.where('id', '>', after)).execute()
      return rows.map(({ id }) => id as ConnectionId)
    },
  }
}

/** What waits for an instant and is no connection: those are turned back one by one, being sealed. */
export function shiftTimeWrites({ db, cipher }: WriteContext): Pick<Writes, 'turnBackQueues'> {
  return {
    turnBackQueues: async (byMs) => {
      const back = backBy(byMs)
      for (const row of await db.selectFrom('flows').selectAll().execute()) {
        const turned = { expires_at: row.expires_at - byMs }
        const columns = changedRow(cipher, 'flows', row, turned)
        await db.updateTable('flows').set(columns).where('id', '=', row.id).execute()
      }
      for (const row of await db.selectFrom('connect_links').selectAll().execute()) {
        const { expires_at, confirm_before } = row
        const turned = {
          expires_at: expires_at - byMs,
          confirm_before: confirm_before === null ? null : confirm_before - byMs,
        }
        const columns = changedRow(cipher, 'connect_links', row, turned)
        await db.updateTable('connect_links').set(columns).where('id', '=', row.id).execute()
      }
      await db
        .updateTable('revocations')
        .set({ due_at: back('due_at'), created_at: back('created_at') })
        .execute()
      await db
        .updateTable('circuits')
        .set({ open_since: back('open_since'), open_until: back('open_until') })
        .execute()
      await shiftWebhookTimes(db, byMs)
      await db
        .updateTable('data_keys')
        .set({ created_at: back('created_at'), retired_at: back('retired_at') })
        .execute()
      await db
        .updateTable('connections')
        .set({ lease_until: back('lease_until') })
        .execute()
      await db
        .updateTable('vault')
        .set({ heartbeat_at: back('heartbeat_at') })
        .execute()
    },
  }
}

function backBy(byMs: number) {
  return (column: string) => sql<number>`${sql.ref(column)} - ${byMs}`
}

async function shiftWebhookTimes(db: WriteContext['db'], byMs: number): Promise<void> {
  const back = backBy(byMs)
  /** 0 says that there is nothing to wait for. */
  const backOrZero = (column: string) => sql<number>`max(0, ${back(column)})`
  await db
    .updateTable('webhooks')
    .set({
      failing_since: back('failing_since'),
      due_at: backOrZero('due_at'),
      last_failure_at: back('last_failure_at'),
      last_accepted_at: back('last_accepted_at'),
      disabled_at: back('disabled_at'),
      lease_until: backOrZero('lease_until'),
      configured_at: back('configured_at'),
    })
    .execute()
  await db
    .updateTable('webhook_holds')
    .set({ due_at: back('due_at') })
    .execute()
}
