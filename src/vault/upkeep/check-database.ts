import type { Instant } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { FileCheck } from '../../ports/file-check.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Checks the whole database: at once after an unclean end, otherwise once a day. */
export async function checkDatabaseWhenDue(
  { store, clock, observer }: Pick<Ports, 'store' | 'clock' | 'observer'>,
  ending: AbortSignal,
): Promise<void> {
  if (!isDue(store.lastCheck, clock.now())) return
  const begun = clock.monotonic()
  const result = await store.check(ending)
  if (result === null) return
  observer.databaseChecked({ result, tookMs: Math.round(clock.monotonic() - begun) })
}

function isDue({ result, endedAt }: FileCheck, now: Instant): boolean {
  if (result === null || endedAt === null) return true
  // The start after this process checks the database before it writes.
  if (result === 'damaged') return false
  const ageMs = now - endedAt
  // The age is negative if the clock was set back.
  return ageMs < 0 || ageMs >= (result === 'failed' ? HOUR_MS : DAY_MS)
}
