import { setTimeout as wait } from 'node:timers/promises'
import type { Installation } from '../../test/support/larder-process.ts'

const WITHIN_MS = 600_000
const POLL_MS = 1_000

/**
 * Waits for the check of a database that was copied, which runs beside the daemon after its start and
 * would disturb what is measured.
 */
export async function untilChecked(at: Installation): Promise<void> {
  const giveUpAt = performance.now() + WITHIN_MS
  while (performance.now() < giveUpAt) {
    const headers = { authorization: `Bearer ${at.apiKey}` }
    const answer = await fetch(`${at.privateUrl}/healthz`, { headers })
    const { database } = (await answer.json()) as {
      readonly database: { readonly check: { readonly result: string | null } }
    }
    const { result } = database.check
    if (result === 'passed') return
    if (result !== null) throw new Error(`the check of the database: ${result}`)
    await wait(POLL_MS)
  }
  throw new Error('the check of the database did not pass in time')
}
