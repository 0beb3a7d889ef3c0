import { type CompiledQuery, type Kysely, sql } from 'kysely'
import type { Instant } from '../../core/base/ids.ts'
import type { Writes } from '../../ports/store.ts'
import type { WriteContext } from '../context.ts'
import { writeInstant } from '../rows/column.ts'
import { revocationRow } from '../rows/revocation-row.ts'
import type { RevocationTable, Schema } from '../schema.ts'
import { builtQuery } from '../sql/built-query.ts'

/** The revocations that are due, the first one due first. */
export function revocationsDueBy(
  db: Kysely<Schema>,
  now: Instant,
  limit: number,
): CompiledQuery<RevocationTable> {
  return builtQuery(db, 'due revocations', [now, limit], () =>
    selectDue(db, now).selectAll().orderBy('due_at').orderBy('id').limit(limit),
  )
}

/** One of the revocations that are due. */
export function oneRevocationDueBy(db: Kysely<Schema>, now: Instant): CompiledQuery {
  return builtQuery(db, 'due revocation', [now], () =>
    selectDue(db, now).select('id').limit(sql.lit(1)),
  )
}

function selectDue(db: Kysely<Schema>, now: Instant) {
  return db.selectFrom('revocations').where('due_at', '<=', now)
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
