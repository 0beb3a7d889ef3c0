import { admission } from '../../core/refresh/circuit.ts'
import { isLive, type LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId, ProviderId } from '../../core/base/ids.ts'
import type { Among, Whose } from '../../ports/store.ts'
import { pauseUnread } from './pause-unread.ts'
import { refreshUnattended } from './refresh-unattended.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'
import { rescueAttempts } from './rescue-attempts.ts'

/**
 * The due refreshes of a provider start in parts, spread over the second until the next scan, so
 * that reads do not wait behind all of them. Refreshes of one part share their commits.
 */
const PARTS = 20
const PART_MS = 50

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
  const started = due.filter((id) => !isStarted(ports, id)).slice(0, roomFor(ports, what))
  for (const [index, id] of started.entries()) {
    ports.flights.reserve(id)
    ports.traffic.noteStarted(what.client, what.among)
    const afterMs = Math.floor((index / started.length) * PARTS) * PART_MS
    void refreshScheduled(ports, what, { id, afterMs })
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
async function findDue(ports: RefreshNeeds, what: Class): Promise<readonly ConnectionId[]> {
  const { provider, among, whose } = what
  const room = roomFor(ports, what)
  if (room === 0) return []
  // The query also returns connections that are queued already.
  const limit = room + ports.flights.size
  const due = await ports.store.dueConnections(provider, ports.clock.now(), { among, whose, limit })
  return due.filter((id) => !isStarted(ports, id)).slice(0, room)
}

/**
 * After the refresh, starts the next due connection of the same class without waiting for a scan.
 */
async function refreshScheduled(
  ports: RefreshNeeds,
  what: Class,
  { id, afterMs }: { readonly id: ConnectionId; readonly afterMs: number },
): Promise<void> {
  const { clock, flights } = ports
  if (afterMs > 0) await clock.sleep(afterMs, flights.landing)
  const isOver = !flights.landing.aborted && (await refreshOne(ports, what, id))
  flights.release(id)
  // After any other result, the connection is still due: leave it to the next scan.
  if (!isOver || flights.landing.aborted || !mayGoOn(ports, what)) return
  // If the database fails, the next scan will log it.
  await start(ports, what).catch(() => 0)
}

/** Returns whether the connection is no longer due. */
async function refreshOne(
  ports: RefreshNeeds,
  { provider }: Class,
  id: ConnectionId,
): Promise<boolean> {
  const connection = await readDue(ports, provider, id)
  if (connection === null) return false
  if (await pauseUnread(ports, connection)) return true
  const result = await refreshUnattended(ports, connection, 'scheduled')
  return result?.kind === 'refreshed' || result?.kind === 'failed'
}

/**
 * Returns null if the connection is not due any more, for example because a caller refreshed it.
 * Logs the error and returns null if the row cannot be read.
 */
async function readDue(
  { store, clock, observer }: RefreshNeeds,
  provider: ProviderId,
  id: ConnectionId,
): Promise<LiveConnection | null> {
  try {
    const connection = await store.connection(id)
    if (connection === null || !isLive(connection)) return null
    return connection.dueAt !== null && connection.dueAt <= clock.now() ? connection : null
  } catch (error) {
    observer.refreshBroke({ id, provider, error })
    return null
  }
}

/**
 * Whether more refreshes of this class may start before the next scan. Healthy connections wait for
 * it, because each start costs a query.
 */
function mayGoOn(ports: RefreshNeeds, { provider, client, whose, atMost, among }: Class): boolean {
  if (among === 'healthy' || atMost !== Number.POSITIVE_INFINITY) return false
  const circuit = ports.traffic.circuit(provider, client)
  return whose === 'own' || admission(circuit, ports.clock.now()) === 'admitted'
}
