import type { Instant } from '../base/ids.ts'
import { type Connection, isRenewable, type LiveConnection } from '../connection/connection.ts'
import type { Provider } from '../connection/provider.ts'
import { keepAliveAt } from './due-at.ts'
import { refreshPoint, type RefreshPolicy } from './refresh-policy.ts'

/** The stored time of the last read is at most this much older than the last read. */
export const RECORD_READS_EVERY_MS = 12 * 3_600_000

/** A shorter pause saves nothing. It also must be longer than any step back of the schedule. */
const LEAST_PAUSE_MS = 3_600_000

type About = Pick<Provider, 'refresh'> & { readonly policy: RefreshPolicy }

/** Whether no caller has read the connection for as long as the settings say. */
export function isUnread(
  { lastReadAt }: Pick<Connection, 'lastReadAt'>,
  { keepFreshMs }: Pick<RefreshPolicy, 'keepFreshMs'>,
  now: Instant,
): boolean {
  if (keepFreshMs === null || lastReadAt === null) return false
  return now - lastReadAt > keepFreshMs + RECORD_READS_EVERY_MS
}

/**
 * The connection with its refresh postponed until its grant needs one. Null if it has to be
 * refreshed now. Connections that share a grant are never postponed, because another one may be
 * read.
 */
export function pausedIfUnread(
  connection: LiveConnection,
  about: About,
  at: { readonly now: Instant; readonly fraction: number },
): LiveConnection | null {
  const { status, draft, attempt, grant } = connection
  if (!isUnread(connection, about.policy, at.now)) return null
  const isCalm = status === 'active' && draft === null && attempt === null && isRenewable(grant)
  if (!isCalm || about.refresh.endsSiblings) return null
  const earliest = keepAliveAt(grant, about, 1)
  if (earliest === null || earliest < at.now + LEAST_PAUSE_MS) return null
  return { ...connection, dueAt: keepAliveAt(grant, about, at.fraction) }
}

/** Whether a read should refresh the connection, because its refresh was postponed. */
export function endsPause(
  connection: LiveConnection,
  policy: RefreshPolicy,
  now: Instant,
): boolean {
  if (policy.keepFreshMs === null || !isUnread(connection, policy, now)) return false
  const { status, grant } = connection
  if (status !== 'active' || grant.token === null || !isRenewable(grant)) return false
  return now >= refreshPoint(grant.token, policy, 0)
}
