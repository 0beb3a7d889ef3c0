import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { writeInstant } from '../rows/column.ts'
import { readRevocation, revocationRow } from '../rows/revocation-row.ts'

export function outboxReads({ db, cipher }: ReadContext): Pick<Reads, 'dueRevocations'> {
  return {
    dueRevocations: async (now, limit) => {
      const rows = await db
        .selectFrom('revocations')
        .selectAll()
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => readRevocation(cipher, row))
    },
  }
}

type OutboxWrites = Pick<Writes, 'enqueueRevocation' | 'rescheduleRevocation' | 'removeRevocation'>

export function outboxWrites({ db, cipher }: WriteContext): OutboxWrites {
  return {
    enqueueRevocation: async (revocation) => {
      await db.insertInto('revocations').values(revocationRow(cipher, revocation)).execute()
    },
    rescheduleRevocation: async ({ id, attempts, dueAt }) => {
      await db
        .updateTable('revocations')
        .set({ attempts, due_at: writeInstant(dueAt) })
        .where('id', '=', id)
        .execute()
    },
    removeRevocation: async (id) => {
      await db.deleteFrom('revocations').where('id', '=', id).execute()
    },
  }
}
