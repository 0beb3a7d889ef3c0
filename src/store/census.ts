import type { Status } from '../core/connection.ts'
import type { ProviderId } from '../core/ids.ts'
import type { Reads } from '../ports.ts'
import type { ReadContext } from './context.ts'

export function censusReads({ db }: ReadContext): Pick<Reads, 'census'> {
  return {
    census: async (now) => {
      const counted = await db
        .selectFrom('connections')
        .select(['provider', 'status', db.fn.countAll<number | bigint | string>().as('count')])
        .where('is_draft', '=', 0)
        .groupBy(['provider', 'status'])
        .execute()
      const due = await db
        .selectFrom('connections')
        .select('due_at')
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      const queued = await db
        .selectFrom('revocations')
        .select(db.fn.countAll<number | bigint | string>().as('count'))
        .executeTakeFirstOrThrow()
      return {
        byStatus: counted.map(({ provider, status, count }) => ({
          provider: provider as ProviderId,
          status: status as Status,
          count: Number(count),
        })),
        oldestDueAt: due?.due_at ?? null,
        revocationsQueued: Number(queued.count),
      }
    },
  }
}
