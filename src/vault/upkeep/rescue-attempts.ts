import type { LiveConnection } from '../../core/connection/connection.ts'
import { refreshUnattended } from './refresh-unattended.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'

const AT_ONCE = 1_000

/**
 * Repeats refreshes whose answer was lost, within the provider's grace. After the grace, the user
 * would have to reconnect. A repeated refresh ignores the circuit and waits only for its own
 * back-off. At start, it ignores the back-off too.
 */
export async function rescueAttempts(
  ports: RefreshNeeds,
  when: 'at start' | 'when due',
): Promise<number> {
  const now = ports.clock.now()
  const open = await ports.store.openAttempts(now - longestGraceMs(ports), AT_ONCE)
  const isDue = ({ dueAt }: LiveConnection) => when === 'at start' || (dueAt ?? now + 1) <= now
  const rescued = open
    .filter(
      (connection) =>
        isInGrace(ports, connection, now) && isDue(connection) && !ports.flights.has(connection.id),
    )
    .toSorted(graceEndsFirst)
  for (const connection of rescued) void refreshUnattended(ports, connection, 'rescued')
  return rescued.length
}

/** Limits the rows to read, because in a long outage the grace of most attempts is over. */
function longestGraceMs({ providers }: Pick<RefreshNeeds, 'providers'>): number {
  return Math.max(0, ...Array.from(providers.values(), ({ refresh }) => refresh.graceMs))
}

function graceEndsFirst({ attempt: a }: LiveConnection, { attempt: b }: LiveConnection): number {
  return (a?.sentAt ?? 0) - (b?.sentAt ?? 0)
}

function isInGrace(
  ports: Pick<RefreshNeeds, 'providers'>,
  { attempt, provider }: LiveConnection,
  now: number,
): boolean {
  const graceMs = ports.providers.get(provider)?.refresh.graceMs ?? 0
  return attempt !== null && Math.abs(now - attempt.sentAt) <= graceMs
}
