import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'

export type CommitOutcome = 'committed' | 'aborted' | 'unknown'

const ASKED_FOR_MS = 3_000
const BETWEEN_MS = 100

/**
 * Returns what became of a transaction whose connection was lost during COMMIT. Asks for up to
 * three seconds, because the server may still be working on the commit.
 */
export async function commitOutcome(pool: Pool, transactionId: string): Promise<CommitOutcome> {
  const ending = AbortSignal.timeout(ASKED_FOR_MS)
  while (!ending.aborted) {
    const status = await statusOf(pool, transactionId)
    if (status === 'committed' || status === 'aborted') return status
    await sleep(BETWEEN_MS)
  }
  return 'unknown'
}

/** Null if the server does not answer or no longer knows the transaction. */
async function statusOf(pool: Pool, transactionId: string): Promise<string | null> {
  try {
    const { rows } = await pool.query<{ readonly status: string | null }>(
      'select pg_xact_status($1::xid8) as status',
      [transactionId],
    )
    return rows[0]?.status ?? null
  } catch {
    return null
  }
}
