import { type CompiledQuery, type ExpressionBuilder, type Kysely, sql } from 'kysely'
import { isLive } from '../../core/connection/connection.ts'
import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import type { Among, Lease, Reads, Writes } from '../../ports/store.ts'
import { connectionRowById } from './connections.ts'
import { builtQuery } from '../sql/built-query.ts'
import { updateConnection } from '../sql/write-row.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { writeInstant } from '../rows/column.ts'
import { readConnection } from '../rows/read-connection.ts'
import { changedRow } from '../rows/row-seal.ts'
import type { ConnectionTable, Schema } from '../schema.ts'

/** Queries for due connections and for attempts without an outcome. */
export function attemptReads({
  db,
  cipher,
}: ReadContext): Pick<Reads, 'dueConnections' | 'connectionOfAttempt'> {
  return {
    dueConnections: async (provider, now, { among, whose = 'any', limit }) => {
      const rows = await db
        .selectFrom('connections')
        .select('id')
        .where('provider', '=', provider)
        .where('due_at', '<=', now)
        .where(isAmong(among))
        .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
        .$if(whose !== 'any', (due) =>
          due.where('client_secret_blob', whose === 'own' ? 'is not' : 'is', null),
        )
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id as ConnectionId)
    },
    connectionOfAttempt: async (attempt) => {
      const open = db.selectFrom('connections').where('attempt_sent_at', '>=', EVER)
      const row = await open.selectAll().where('attempt_id', '=', attempt).executeTakeFirst()
      const connection = row === undefined ? null : readConnection(cipher, row)
      return connection !== null && isLive(connection) && connection.attempt?.id === attempt
        ? connection
        : null
    },
  }
}

/** Connections whose attempt has no outcome. Without a lease, none of them is being refreshed. */
export function openSince(
  db: Kysely<Schema>,
  since: Instant,
  limit: number,
): CompiledQuery<ConnectionTable> {
  return builtQuery(db, 'open attempts', [since, limit], () =>
    selectOpen(db, since).selectAll().orderBy('attempt_sent_at', 'desc').limit(limit),
  )
}

/** One of the connections that `openSince` finds. */
export function oneOpenSince(db: Kysely<Schema>, since: Instant): CompiledQuery {
  return builtQuery(db, 'open attempt', [since], () =>
    selectOpen(db, since).select('id').limit(sql.lit(1)),
  )
}

function selectOpen(db: Kysely<Schema>, since: Instant) {
  return db
    .selectFrom('connections')
    .where('attempt_sent_at', '>=', since)
    .where('lease_until', 'is', null)
}

function isAmong(among: Among) {
  return (eb: ExpressionBuilder<Schema, 'connections'>) => {
    if (among === 'healthy') return eb('status', '=', 'active')
    if (among === 'unproven') return eb('failure_reason', '=', 'unproven')
    return eb.and([eb('status', '!=', 'active'), eb('failure_reason', '!=', 'unproven')])
  }
}

/** Writes the lease and the intent of a refresh. An intent survives a restart; a lease does not. */
export function attemptWrites(context: WriteContext): Pick<Writes, 'beginAttempt'> {
  const { db, cipher, changes } = context
  return {
    beginAttempt: async (connection, lease, now) => {
      changes.connections.add(connection.id)
      const { id, grant } = connection
      const row = await connectionRowById(context, id)
      if (row === undefined || !isFree(row, lease, now)) return { won: false }
      const intent = changedRow(cipher, 'connections', row, { attempt_id: lease.attempt })
      // A row whose seal does not open gets no new seal.
      if (intent.row_blob === undefined) return { won: false }
      const begun = {
        ...intent,
        attempt_sent_at: writeInstant(lease.since),
        lease_until: writeInstant(lease.until),
        due_at: writeInstant(lease.dueAt),
      }
      const { attempt_id, lease_until } = row
      const held = { attempt_id, lease_until }
      const fence = { id, grant_id: grant.id, generation: grant.generation, ...held }
      return { won: await updateConnection(db, begun, fence) }
    },
  }
}

/** Whether no other attempt holds the lease. */
function isFree({ attempt_id, lease_until }: ConnectionTable, lease: Lease, now: Instant): boolean {
  return lease_until === null || lease_until <= now || attempt_id === lease.attempt
}

/** Matches each time. With `is not null`, SQLite uses no index and reads the whole table. */
const EVER = 0

/**
 * Call only while no other process has the database open. Each lease is of an attempt, so the index
 * of attempts finds all leases.
 */
export async function clearLeases(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable('connections')
    .set({ lease_until: null })
    .where('attempt_sent_at', '>=', EVER)
    .where('lease_until', 'is not', null)
    .execute()
}
