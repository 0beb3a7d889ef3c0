import { admission } from '../../core/refresh/circuit.ts'
import { isLive, type LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId, ProviderId } from '../../core/base/ids.ts'
import type { Among, Whose } from '../../ports/store.ts'
import { pauseUnread } from './pause-unread.ts'
import { refreshUnattended } from './refresh-unattended.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'
import { rescueAttempts } from './rescue-attempts.ts'

/**
 * Starts due refreshes. Each provider has its own limit, so that no provider delays another.
 * Returns how many were started, without waiting for their results.
 */
export async function refreshDue(ports: RefreshNeeds): Promise<number> {
  let started = await rescueAttempts(ports, 'when due')
  for (const provider of ports.providers.keys()) {
    // This job runs each second. One short query finds out that it has nothing to do.
    const hasDue = await ports.store.hasDue(provider, ports.clock.now())
    if (hasDue) started += await refreshDueOf(ports, provider)
  }
  return started
}

/** The circuit of the configured client does not affect connections with their own client. */
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
type Class = Wanted & { readonly among: Among }

const CLASSES = ['healthy', 'unproven', 'troubled'] as const satisfies readonly Among[]

async function startAll(ports: RefreshNeeds, wanted: Wanted): Promise<number> {
  let started = 0
  for (const among of CLASSES) {
    started += await start(ports, { ...wanted, among, atMost: wanted.atMost - started })
  }
  return started
}

async function start(ports: RefreshNeeds, what: Class): Promise<number> {
  const due = await findDue(ports, what)
  // Compute the room again: another scan may have started refreshes during `findDue`.
  const room = roomFor(ports, what)
  const started = due.filter(({ id }) => !isStarted(ports, id)).slice(0, room)
  for (const connection of started) {
    ports.flights.reserve(connection.id)
    void refreshScheduled(ports, what, connection)
  }
  return started.length
}

function isStarted({ flights }: RefreshNeeds, id: ConnectionId): boolean {
  return flights.has(id) || flights.isReserved(id)
}

function roomFor({ traffic }: RefreshNeeds, { atMost, client, among }: Class): number {
  return Math.min(atMost, traffic.room(client, among))
}

/** Returns due connections, at most as many as the lane has room for. */
async function findDue(ports: RefreshNeeds, what: Class): Promise<readonly LiveConnection[]> {
  const { provider, among, whose } = what
  const room = roomFor(ports, what)
  if (room === 0) return []
  // The query also returns connections that are queued already.
  const limit = room + ports.flights.size
  const due = await ports.store.dueConnections(provider, ports.clock.now(), { among, whose, limit })
  const idle = due.filter((id) => !isStarted(ports, id)).slice(0, room)
  const found = await Promise.all(idle.map((id) => readOne(ports, provider, id)))
  return found.filter((connection) => connection !== null)
}

/** If the row cannot be read, logs the error and returns null, so that the scan continues. */
async function readOne(
  ports: RefreshNeeds,
  provider: ProviderId,
  id: ConnectionId,
): Promise<LiveConnection | null> {
  try {
    const connection = await ports.store.connection(id)
    return connection !== null && isLive(connection) ? connection : null
  } catch (error) {
    ports.observer.refreshBroke({ id, provider, error })
    return null
  }
}

/**
 * After the refresh, starts the next due connection of the same class without waiting for a scan.
 */
async function refreshScheduled(
  ports: RefreshNeeds,
  what: Class,
  connection: LiveConnection,
): Promise<void> {
  const isPaused = await pauseUnread(ports, connection)
  const result = isPaused ? null : await refreshUnattended(ports, connection, 'scheduled')
  ports.flights.release(connection.id)
  // After any other result, the connection is still due: leave it to the next scan.
  const isOver = isPaused || result?.kind === 'refreshed' || result?.kind === 'failed'
  if (!isOver || ports.flights.isLanding || !mayGoOn(ports, what)) return
  // If the database fails, the next scan will log it.
  await start(ports, what).catch(() => 0)
}

/** Whether more refreshes of this class may start before the next scan. */
function mayGoOn(ports: RefreshNeeds, { provider, client, whose, atMost }: Class): boolean {
  if (atMost !== Number.POSITIVE_INFINITY) return false
  const circuit = ports.traffic.circuit(provider, client)
  return whose === 'own' || admission(circuit, ports.clock.now()) === 'admitted'
}
