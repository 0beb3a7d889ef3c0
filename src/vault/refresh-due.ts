import { admission } from '../core/circuit.ts'
import { isLive } from '../core/connection.ts'
import type { ConnectionId, ProviderId } from '../core/ids.ts'
import type { Among, Whose } from '../ports/store.ts'
import { refreshUnattended } from './refresh-unattended.ts'
import type { RefreshNeeds } from './refresh.ts'
import { rescueAttempts } from './rescue-attempts.ts'

/**
 * Starts what is due, each provider for itself so that none starves another, and no more than its
 * lane has room for. Returns how many were started; the flights go on by themselves.
 */
export async function refreshDue(ports: RefreshNeeds): Promise<number> {
  let started = await rescueAttempts(ports, 'when due')
  for (const provider of ports.providers.keys()) started += await refreshDueOf(ports, provider)
  return started
}

/** The configured client's trouble is no reason to put off those that have a client of their own. */
async function refreshDueOf(ports: RefreshNeeds, provider: ProviderId): Promise<number> {
  const client = ports.endpoint.clientKey(provider, null)
  const admitted = admission(ports.traffic.circuit(provider, client), ports.clock.now())
  const lane = { provider, client, atMost: Number.POSITIVE_INFINITY }
  if (admitted === 'admitted') return startAll(ports, { ...lane, whose: 'any' })
  const own = await startAll(ports, { ...lane, whose: 'own' })
  if (admitted === 'held') return own
  return own + (await startAll(ports, { ...lane, whose: 'configured', atMost: 1 }))
}

type Wanted = {
  readonly provider: ProviderId
  readonly client: string
  readonly whose: Whose
  readonly atMost: number
}

async function startAll(ports: RefreshNeeds, wanted: Wanted): Promise<number> {
  const healthy = await start(ports, { ...wanted, among: 'healthy' })
  const atMost = wanted.atMost - healthy
  return healthy + (await start(ports, { ...wanted, among: 'troubled', atMost }))
}

async function start(
  ports: RefreshNeeds,
  what: Wanted & { readonly among: Among },
): Promise<number> {
  const { provider, among, whose } = what
  const room = Math.min(what.atMost, ports.traffic.room(what.client, among))
  if (room === 0) return 0
  // Those that are queued already are still due.
  const limit = room + ports.flights.size
  const due = await ports.store.dueConnections(provider, ports.clock.now(), { among, whose, limit })
  const idle = due.filter((id) => !ports.flights.has(id)).slice(0, room)
  for (const id of idle) void refreshScheduled(ports, provider, id)
  return idle.length
}

/** One broken row must not end the scan: whatever goes wrong with it is reported, and the next goes on. */
async function refreshScheduled(
  ports: RefreshNeeds,
  provider: ProviderId,
  id: ConnectionId,
): Promise<void> {
  try {
    const connection = await ports.store.connection(id)
    if (connection === null || !isLive(connection)) return
    await refreshUnattended(ports, connection, 'scheduled')
  } catch (error) {
    ports.observer.refreshBroke({ id, provider, error })
  }
}
