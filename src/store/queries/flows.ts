import type { WaitingGrant } from '../../core/connect/flow.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { locked } from '../sql/row-locks.ts'
import { endedFlowRow, flowRow, readFlow } from '../rows/flow-row.ts'
import { readWaitingGrant, waitingGrantRow } from '../rows/waiting-grant-row.ts'
import type { FlowTable, WaitingGrantTable } from '../schema.ts'

type WaitingGrantReads = Pick<Reads, 'waitingGrant' | 'waitingGrantOf' | 'flowEnd'>

export function waitingGrantReads(context: ReadContext): WaitingGrantReads {
  const { db, cipher } = context
  const waiting = locked(context, db.selectFrom('waiting_grants').selectAll())
  const read = (row: WaitingGrantTable | undefined): WaitingGrant | null =>
    row === undefined ? null : readWaitingGrant(cipher, row)
  return {
    flowEnd: async (stateHash, browserHash, now) => {
      const row = await flowOf(db, { stateHash, browserHash, now })
      const flow = row === undefined ? null : readFlow(cipher, row)
      return flow !== null && 'end' in flow ? flow : null
    },
    waitingGrant: async (link) =>
      read(await waiting.where('link_id', '=', link).executeTakeFirst()),
    waitingGrantOf: async (connection) =>
      read(await waiting.where('connection_id', '=', connection).executeTakeFirst()),
  }
}

/**
 * How many flows are stored per link. A flow takes up to 21 KB, and users open a link in only a few
 * tabs.
 */
const FLOWS_PER_LINK = 10

type FlowWrites = Pick<
  Writes,
  'insertFlow' | 'takeFlow' | 'keepFlowEnd' | 'insertWaitingGrant' | 'removeWaitingGrant'
>

export function flowWrites({ db, cipher }: WriteContext): FlowWrites {
  return {
    insertFlow: async (flow) => {
      const row = flowRow(cipher, flow)
      await db.insertInto('flows').values(row).execute()
      if (row.link_id !== null) await dropOldest(db, row.link_id, row.id)
    },
    takeFlow: async (stateHash, browserHash, now) => {
      // A callback from another browser does not consume the flow.
      const row = await flowOf(db, { stateHash, browserHash, now })
      const flow = row === undefined ? null : readFlow(cipher, row)
      if (row === undefined || (flow !== null && 'end' in flow)) return null
      const spent = await db.deleteFrom('flows').where('id', '=', row.id).executeTakeFirst()
      return spent.numDeletedRows === 1n ? flow : null
    },
    keepFlowEnd: async (flow, end, until) => {
      const row = endedFlowRow(cipher, flow, { end, until })
      // An end that is already stored is not replaced.
      await db
        .insertInto('flows')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    insertWaitingGrant: async (waiting) => {
      await db.insertInto('waiting_grants').values(waitingGrantRow(cipher, waiting)).execute()
    },
    removeWaitingGrant: async (link) => {
      await db.deleteFrom('waiting_grants').where('link_id', '=', link).execute()
    },
  }
}

function flowOf(
  db: ReadContext['db'],
  by: {
    readonly stateHash: string
    readonly browserHash: string | null
    readonly now: Instant
  },
): Promise<FlowTable | undefined> {
  return db
    .selectFrom('flows')
    .selectAll()
    .where('state_hash', '=', by.stateHash)
    .where('browser_hash', by.browserHash === null ? 'is' : '=', by.browserHash)
    .where('expires_at', '>', by.now)
    .executeTakeFirst()
}

/** Deletes the oldest flows of a link, so that the user can always finish the newest one. */
async function dropOldest(db: WriteContext['db'], link: string, newest: string): Promise<void> {
  const older = db.selectFrom('flows').select('id').where('link_id', '=', link)
  const kept = older
    .where('id', '!=', newest)
    .orderBy('expires_at', 'desc')
    .orderBy('id', 'desc')
    .limit(FLOWS_PER_LINK - 1)
  await db
    .deleteFrom('flows')
    .where('link_id', '=', link)
    .where('id', '!=', newest)
    .where('id', 'not in', kept)
    .execute()
}
