import type { Kysely } from 'kysely'
import type { Writes } from '../ports.ts'
import type { WriteContext } from './context.ts'
import { writeInstant } from './rows/column.ts'
import type { Schema } from './schema.ts'

/** Lease and intent of a refresh. An intent outlives its process; a lease does not. */
export function attemptWrites({
  db,
  changes,
}: WriteContext): Pick<Writes, 'beginAttempt' | 'releaseLease'> {
  return {
    beginAttempt: async (connection, lease, now) => {
      changes.connections.add(connection.id)
      const result = await db
        .updateTable('connections')
        .set((eb) => ({
          attempt_id: lease.attempt,
          attempt_sent_at: writeInstant(now),
          lease_until: writeInstant(lease.until),
          lease_fence: eb('lease_fence', '+', 1),
          due_at: writeInstant(lease.dueAt),
        }))
        .where('id', '=', connection.id)
        .where('grant_id', '=', connection.grant.id)
        .where('generation', '=', connection.grant.generation)
        .where((eb) =>
          eb.or([
            eb('lease_until', 'is', null),
            eb('lease_until', '<=', now),
            eb('attempt_id', '=', lease.attempt),
          ]),
        )
        .executeTakeFirst()
      return { won: result.numUpdatedRows === 1n }
    },
    releaseLease: async (id, attempt) => {
      changes.connections.add(id)
      await db
        .updateTable('connections')
        .set({ lease_until: null })
        .where('id', '=', id)
        .where('attempt_id', '=', attempt)
        .execute()
    },
  }
}

/** For a database that no other process can have open. */
export async function clearLeases(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable('connections')
    .set({ lease_until: null })
    .where('lease_until', 'is not', null)
    .execute()
}
