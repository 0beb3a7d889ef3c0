import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AliasableExpression, type Kysely, sql } from 'kysely'
import type { Status } from '../../core/connection/connection.ts'
import type { Instant, ProviderId } from '../../core/base/ids.ts'
import type { Census, Reads } from '../../ports/store.ts'
import type { ReadContext } from '../context.ts'
import type { Schema } from '../schema.ts'

export function censusReads({ db }: ReadContext): Pick<Reads, 'census' | 'providersInUse'> {
  return {
    providersInUse: () => providersInUse(db),
    census: async (now) => {
      const providers = await providersInUse(db)
      const byStatus = []
      const unproven = []
      for (const provider of providers) {
        for (const status of STATUSES) {
          byStatus.push({ provider, status, count: await countOf(db, provider, status) })
        }
        unproven.push({ provider, count: await countUnproven(db, provider) })
      }
      const due = await Promise.all(providers.map((provider) => oldestDue(db, provider, now)))
      const queued = await db
        .selectFrom('revocations')
        .select(db.fn.countAll<Count>().as('count'))
        .executeTakeFirstOrThrow()
      return {
        byStatus: byStatus.filter(({ count }) => count > 0),
        unproven: unproven.filter(({ count }) => count > 0),
        oldestDue: due.flat(),
        revocationsQueued: Number(queued.count),
      }
    },
  }
}

/** How the drivers of databases return a count. */
type Count = number | bigint | string

const STATUSES = Object.keys({
  active: true,
  disconnected: true,
  failing: true,
  pending: true,
} satisfies Record<Status, true>) as readonly Status[]

/** Without drafts. */
function countOf(db: Kysely<Schema>, provider: ProviderId, status: Status): Promise<number> {
  return countInPieces(db, (after) =>
    selectAfter(db, { provider, status, isDraft: 0, after }).select([
      'id',
      sql.lit(1).as('counted'),
    ]),
  )
}

async function countUnproven(db: Kysely<Schema>, provider: ProviderId): Promise<number> {
  let count = 0
  for (const isDraft of [0, 1]) {
    count += await countInPieces(db, (after) =>
      selectAfter(db, { provider, status: 'failing', isDraft, after }).select((eb) => [
        'id',
        eb.case().when('failure_reason', '=', 'unproven').then(1).else(0).end().as('counted'),
      ]),
    )
  }
  return count
}

const ROWS_AT_ONCE = 5_000

/** Selects the next rows in the order of an index. */
function selectAfter(
  db: Kysely<Schema>,
  of: {
    readonly provider: ProviderId
    readonly status: Status
    readonly isDraft: number
    readonly after: string
  },
) {
  return db
    .selectFrom('connections')
    .where('provider', '=', of.provider)
    .where('status', '=', of.status)
    .where('is_draft', '=', of.isDraft)
    .where('id', '>', of.after)
    .orderBy('id')
    .limit(ROWS_AT_ONCE)
}

/**
 * Adds up `counted` of all rows, in pieces with other work in between: the event loop stands still
 * during a query, and to count a million rows takes a third of a second.
 */
async function countInPieces(
  db: Kysely<Schema>,
  rowsAfter: (after: string) => AliasableExpression<{ id: string; counted: number }>,
): Promise<number> {
  let [count, after] = [0, '']
  for (;;) {
    const piece = await db
      .selectFrom(rowsAfter(after).as('piece'))
      .select((eb) => [
        eb.fn.countAll<Count>().as('rows'),
        eb.fn.sum<Count | null>('counted').as('counted'),
        eb.fn.max('id').as('last'),
      ])
      .executeTakeFirstOrThrow()
    count += Number(piece.counted)
    if (Number(piece.rows) < ROWS_AT_ONCE) return count
    after = piece.last
    await nextTurn()
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
