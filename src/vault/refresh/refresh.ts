import { admission } from '../../core/refresh/circuit.ts'
import { isLive, isRenewable, type LiveConnection } from '../../core/connection/connection.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import { onGrantOf } from '../../core/refresh/shared-grant.ts'
import { hasSteppedBack } from '../../core/refresh/refresh-policy.ts'
import type { Among } from '../../ports/store.ts'
import { attemptRefresh, type AttemptNeeds, hasMoved } from './attempt-refresh.ts'
import { tryRecordChange } from './record-change.ts'
import { endsSiblings, leaderOf } from './siblings.ts'

export type RefreshNeeds = AttemptNeeds

/**
 * `forced` ignores back-off and open circuits, but respects a Retry-After. `rescued` ignores even a
 * Retry-After, because the lost rotation cannot be recovered after the grace.
 */
export type RefreshReason = 'asked' | 'scheduled' | 'forced' | 'rescued'

/**
 * Every refresh starts here: for reads, the schedule and `POST …/refresh`. `seen` is the connection
 * as the caller read it. If its grant has changed since, nothing is sent.
 */
export function refresh(
  ports: RefreshNeeds,
  seen: LiveConnection,
  wanted: RefreshReason,
): Promise<RefreshResult> {
  const hasLeader = endsSiblings(ports, seen) && seen.draft === null
  return hasLeader ? refreshLeader(ports, seen, wanted) : fly(ports, seen, wanted)
}

/** Connections that share a grant are refreshed through their leader. */
async function refreshLeader(
  ports: RefreshNeeds,
  seen: LiveConnection,
  wanted: RefreshReason,
): Promise<RefreshResult> {
  const current = await ports.store.connection(seen.id)
  if (current === null || !isLive(current)) return { kind: 'gone' }
  if (hasMoved(seen, current)) return { kind: 'refreshed', connection: current }
  const leader = await leaderOf(ports, ports.store, current)
  const result = await fly(ports, leader, wanted)
  if (leader.id === seen.id || result.kind === 'stopping') return result
  // The leader was deleted meanwhile, so find the next leader.
  return result.kind === 'gone' ? refreshLeader(ports, seen, wanted) : asSeenBy(ports, seen, result)
}

/** Converts the leader's result to a result for this connection. */
async function asSeenBy(
  ports: RefreshNeeds,
  seen: LiveConnection,
  result: Extract<RefreshResult, { connection: LiveConnection }>,
): Promise<RefreshResult> {
  const current = await ports.store.connection(seen.id)
  if (current === null || !isLive(current)) return { kind: 'gone' }
  if (hasMoved(seen, current)) return { kind: 'refreshed', connection: current }
  // The refresh is in the journal, but not in the store yet.
  const isParked = result.kind === 'refreshed'
  return { ...result, connection: isParked ? onGrantOf(result.connection, current) : current }
}

function fly(
  ports: RefreshNeeds,
  seen: LiveConnection,
  wanted: RefreshReason,
): Promise<RefreshResult> {
  const client = ports.endpoint.clientKey(seen.provider, seen.client)
  const urgency = wanted === 'scheduled' ? 'scheduled' : 'asked'
  if (urgency === 'asked' && ports.flights.has(seen.id)) ports.traffic.hurry(client, seen.id)
  return ports.flights.join(seen.id, () =>
    ports.traffic.admit({
      client,
      id: seen.id,
      urgency,
      among: amongOf(seen),
      run: () => refreshOnce(ports, seen, wanted),
    }),
  )
}

function amongOf({ status, failure }: LiveConnection): Among {
  if (status === 'active') return 'healthy'
  return failure.reason === 'unproven' ? 'unproven' : 'troubled'
}

/** Whether a request to the provider is possible. For credentials, the preset must have a probe. */
export function canBeAsked(
  ports: Pick<RefreshNeeds, 'providers'>,
  { grant, provider }: LiveConnection,
): boolean {
  return (
    grant.kind !== 'credentials' || (ports.providers.get(provider)?.credentials?.isProbed ?? true)
  )
}

/**
 * Returns why a refresh is not possible now: an open circuit, or a recently refused client. Null if
 * a request may be sent. Checked before a caller waits in a lane.
 */
export function refreshBlockedBy(
  ports: Pick<RefreshNeeds, 'endpoint' | 'traffic' | 'clock'>,
  connection: LiveConnection,
): Held | null {
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const circuit = ports.traffic.circuit(connection.provider, client)
  const now = ports.clock.now()
  if (circuit.open !== null && admission(circuit, now) === 'held') {
    const { reason, until } = circuit.open
    return { kind: 'held', connection, reason, retryAt: until }
  }
  if (!hasSteppedBack(connection, now)) return null
  return { kind: 'held', connection, reason: 'misconfigured', retryAt: connection.dueAt ?? now }
}

type Held = Extract<RefreshResult, { kind: 'held' }>

async function refreshOnce(
  ports: RefreshNeeds,
  seen: LiveConnection,
  wanted: RefreshReason,
): Promise<RefreshResult> {
  if (ports.flights.landing.aborted) return { kind: 'stopping' }
  const connection = await ports.store.connection(seen.id)
  if (connection === null || !isLive(connection)) return { kind: 'gone' }
  if (hasMoved(seen, connection)) return { kind: 'refreshed', connection }
  const provider = ports.providers.get(connection.provider)
  // The provider is no longer configured. Keep the connection until it is configured again.
  if (provider === undefined) return held(ports, connection, { reason: 'not_configured' })

  // Without a refresh token, nothing will be sent, so ignore the circuit.
  if (connection.grant.kind === 'oauth' && !isRenewable(connection.grant)) {
    return attemptRefresh(ports, connection, provider)
  }
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const circuit = ports.traffic.circuit(connection.provider, client)
  const admitted = admission(circuit, ports.clock.now())
  if (admitted === 'admitted') return attemptRefresh(ports, connection, provider)
  const open = circuit.open ?? { reason: 'unavailable' as const }
  if (wanted === 'rescued') return attemptRefresh(ports, connection, provider)
  const mayProbe = admitted === 'probe' || (wanted === 'forced' && open.reason !== 'throttled')
  if (!mayProbe || !ports.traffic.claimProbe(client)) return held(ports, connection, open)
  try {
    return await attemptRefresh(ports, connection, provider)
  } finally {
    ports.traffic.releaseProbe(client)
  }
}

async function held(
  ports: RefreshNeeds,
  connection: LiveConnection,
  open: {
    readonly reason: Held['reason']
    readonly until?: Instant
  },
): Promise<RefreshResult> {
  const retryAt = Math.max(open.until ?? 0, ports.clock.now() + HELD_AGAIN_MS)
  // While the configured client's circuit is open, the scan skips its connections. The scan does
  // not know the circuits of connections' own clients, so postpone each such connection here.
  if (connection.client !== null) {
    const after = { ...connection, dueAt: retryAt }
    await ports.store.write((trx) => tryRecordChange(ports, trx, { before: connection, after }))
  }
  return { kind: 'held', connection, reason: open.reason, retryAt }
}

const HELD_AGAIN_MS = 1_000
