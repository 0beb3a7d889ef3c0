import type { WaitingGrant } from '../core/authorization.ts'
import type { Reads, Writes } from '../ports/store.ts'
import type { ReadContext, WriteContext } from './context.ts'
import { flowRow, readFlow } from './rows/flow-row.ts'
import { readWaitingGrant, waitingGrantRow } from './rows/waiting-grant-row.ts'
import type { WaitingGrantTable } from './schema.ts'

type WaitingGrantReads = Pick<Reads, 'waitingGrant' | 'waitingGrantOf'>

export function waitingGrantReads({ db, cipher }: ReadContext): WaitingGrantReads {
  const waiting = db.selectFrom('waiting_grants').selectAll()
  const read = (row: WaitingGrantTable | undefined): WaitingGrant | null =>
    row === undefined ? null : readWaitingGrant(cipher, row)
  return {
    waitingGrant: async (link) =>
      read(await waiting.where('link_id', '=', link).executeTakeFirst()),
    waitingGrantOf: async (connection) =>
      read(await waiting.where('connection_id', '=', connection).executeTakeFirst()),
  }
}

type FlowWrites = Pick<
  Writes,
  'insertFlow' | 'takeFlow' | 'insertWaitingGrant' | 'removeWaitingGrant'
>

export function flowWrites({ db, cipher }: WriteContext): FlowWrites {
  return {
    insertFlow: async (flow) => {
      await db.insertInto('flows').values(flowRow(cipher, flow)).execute()
    },
    takeFlow: async (stateHash, browserHash, now) => {
      // Another browser's callback spends nothing: the right one may still come.
      const row = await db
        .selectFrom('flows')
        .selectAll()
        .where('state_hash', '=', stateHash)
        .where('browser_hash', browserHash === null ? 'is' : '=', browserHash)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      if (row === undefined) return null
      const spent = await db.deleteFrom('flows').where('id', '=', row.id).executeTakeFirst()
      return spent.numDeletedRows === 1n ? readFlow(cipher, row) : null
    },
    insertWaitingGrant: async (waiting) => {
      await db.insertInto('waiting_grants').values(waitingGrantRow(cipher, waiting)).execute()
    },
    removeWaitingGrant: async (link) => {
      await db.deleteFrom('waiting_grants').where('link_id', '=', link).execute()
    },
  }
}
