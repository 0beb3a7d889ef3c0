import type { Kysely } from 'kysely'
import type { Status } from '../../core/connection/connection.ts'
import type { Instant, ProviderId } from '../../core/base/ids.ts'
import type { Census, Reads } from '../../ports/store.ts'
import type { ReadContext } from '../context.ts'
import { ofProviders } from '../sql/reach.ts'
import type { Schema } from '../schema.ts'

export function censusReads({ db }: ReadContext): Pick<Reads, 'census' | 'providersInUse'> {
  return {
    providersInUse: () => providersInUse(db),
    census: async (now) => {
      const counted = await db
        .selectFrom('connections')
        .select(['provider', 'status', db.fn.countAll<number | bigint | string>().as('count')])
        .where('is_draft', '=', 0)
        .groupBy(['provider', 'status'])
        .execute()
      const providers = await providersInUse(db)
      const due = await Promise.all(providers.map((provider) => oldestDue(db, provider, now)))
      const unproven = await db
        .selectFrom('connections')
        .select(['provider', db.fn.countAll<number | bigint | string>().as('count')])
        .where((eb) => ofProviders(eb.ref('provider'), { providers, userIdPrefix: null }))
        .where('status', '=', 'failing')
        .where('failure_reason', '=', 'unproven')
        .groupBy('provider')
        .execute()
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
        unproven: unproven.map(({ provider, count }) => ({
          provider: provider as ProviderId,
          count: Number(count),
        })),
        oldestDue: due.flat(),
        revocationsQueued: Number(queued.count),
      }
    },
  }
}

/**
 * The providers of all connections and drafts. Looks up one after the other in the index, because
 * `distinct` reads the whole index.
 */
export async function providersInUse(db: Kysely<Schema>): Promise<readonly ProviderId[]> {
  const providers: ProviderId[] = []
  for (;;) {
    const row = await db
      .selectFrom('connections')
      .select('provider')
      .where('provider', '>', providers.at(-1) ?? '')
      .orderBy('provider')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return providers
    providers.push(row.provider as ProviderId)
  }
}

/**
 * Looks up each provider in the index. A single query for all providers would read the whole index.
 */
async function oldestDue(
  db: Kysely<Schema>,
  provider: string,
  now: Instant,
): Promise<Census['oldestDue']> {
  const row = await db
    .selectFrom('connections')
    .select('due_at')
    .where('provider', '=', provider)
    .where('due_at', '<=', now)
    .where((eb) =>
      eb.or([eb('failure_reason', 'is', null), eb('failure_reason', '!=', 'unproven')]),
    )
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return row?.due_at == null ? [] : [{ provider: provider as ProviderId, dueAt: row.due_at }]
}
