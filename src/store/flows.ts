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

/** A link is used in a few tabs at most; each flow takes up to 21 KB. */
const FLOWS_PER_LINK = 10

type FlowWrites = Pick<
  Writes,
  'insertFlow' | 'takeFlow' | 'insertWaitingGrant' | 'removeWaitingGrant'
>

export function flowWrites({ db, cipher }: WriteContext): FlowWrites {
  return {
    insertFlow: async (flow) => {
      const row = flowRow(cipher, flow)
      await db.insertInto('flows').values(row).execute()
      if (row.link_id !== null) await dropOldest(db, row.link_id, row.id)
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

/** The newest flows of a link stay: the user who pressed last has to be able to finish. */
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
