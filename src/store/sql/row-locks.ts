import { sql } from 'kysely'
import type { ReadContext } from '../context.ts'

type Locking = Pick<ReadContext, 'db' | 'locks'>

/**
 * Locks the rows that the transaction reads until it ends, because another transaction may run at
 * the same time. Does nothing in SQLite, which runs one transaction at a time.
 */
export function locked<Q extends { forUpdate(): Q }>(context: Locking, query: Q): Q {
  return context.locks === true ? query.forUpdate() : query
}

/** Returns the key for `builtQuery`. The same query with row locks has another key. */
export function lockedKey(context: Locking, key: string): string {
  return context.locks === true ? `${key}, locked` : key
}

/**
 * Locks a set of rows until the transaction ends, including rows that do not exist yet. Every
 * transaction that reads the set takes this lock first. Does nothing in SQLite.
 */
export async function lockSet(context: Locking, ...scope: readonly string[]): Promise<void> {
  if (context.locks !== true) return
  const name = scope.join('/')
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(context.db)
}
