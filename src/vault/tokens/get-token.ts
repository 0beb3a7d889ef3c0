import type { Caller } from '../../core/base/access.ts'
import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import { endsPause } from '../../core/refresh/keep-alive.ts'
import { decideRead, type ReadDecision } from '../../core/refresh/refresh-policy.ts'
import { type ConnectionTarget, findConnection } from '../connections/find-connection.ts'
import { reportRejectedToken } from './report-rejected-token.ts'
import { canBeAsked, refreshBlockedBy, refresh, type RefreshNeeds } from '../refresh/refresh.ts'
import {
  confirmationRequired,
  reconnectRequired,
  refreshProblem,
  unavailable,
  waitProblem,
} from '../refresh/refresh-problem.ts'
import { endsSiblings, leaderOf } from '../refresh/siblings.ts'

export type TokenRequest = {
  readonly target: ConnectionTarget
  readonly minTtlSeconds: number
  /** The id of a token that the provider's API rejected, as the caller reports. */
  readonly rejected: string | null
}

export type TokenWarning = 'short_lived' | 'reconnect_required' | 'refresh_failing' | 'unproven'

/** A connection whose token or credentials satisfy the request. */
export type ServedToken = {
  readonly connection: LiveConnection
  readonly warnings: readonly TokenWarning[]
}

/**
 * Returns a token with the requested remaining lifetime, or throws: not_found, several_accounts,
 * confirmation_required, reconnect_required, provider_misconfigured, provider_unavailable,
 * storage_unavailable. Writes nothing unless a refresh is due.
 */
export async function getToken(
  ports: RefreshNeeds,
  caller: Caller,
  demand: TokenRequest,
): Promise<ServedToken> {
  const found = await findConnection(ports, caller, demand.target)
  ports.lastReads.note(found)
  const connection = ports.flights.parked(found.id) ?? (await afterDemand(ports, found, demand))
  const served = serve(ports, connection, demand)
  if (served === null) return fetchToken(ports, connection, demand)
  if (mayEndEarly(ports, served.connection) && (await isBeingRefreshed(ports, served.connection))) {
    return fetchOrServe(ports, served, demand)
  }
  ports.observer.tokenServed({ provider: connection.provider, how: 'cache' })
  return served
}

async function afterDemand(
  ports: RefreshNeeds,
  found: Connection,
  { rejected }: TokenRequest,
): Promise<Connection> {
  return rejected === null ? found : reportRejectedToken(ports, found, rejected)
}

/** At some providers, a refresh ends the current access token. */
function mayEndEarly(
  { providers, flights }: RefreshNeeds,
  { id, provider }: LiveConnection,
): boolean {
  const isParked = flights.parked(id) !== undefined
  return !isParked && providers.get(provider)?.refresh.endsAccessToken === true
}

/** Whether the connection or its leader is being refreshed, or will be in a moment. */
async function isBeingRefreshed(ports: RefreshNeeds, connection: LiveConnection): Promise<boolean> {
  if (ports.flights.has(connection.id)) return true
  if (!endsSiblings(ports, connection)) return false
  const isDue = connection.dueAt !== null && connection.dueAt <= ports.clock.now()
  return isDue || ports.flights.has((await leaderOf(ports, ports.store, connection)).id)
}

/**
 * Returns the refreshed token. If the refresh fails or takes too long, returns the current token.
 */
async function fetchOrServe(
  ports: RefreshNeeds,
  current: ServedToken,
  demand: TokenRequest,
): Promise<ServedToken> {
  const { connection: seen } = current
  // The caller that started the flight logs its errors.
  const flight = refresh(ports, seen, 'asked').catch(() => ({ kind: 'stopping' }) as const)
  const result = await orTimeout(ports, flight, CURRENT_TOKEN_WAIT_MS)
  const isKnown = result !== 'timeout' && 'connection' in result
  const served = isKnown ? serve(ports, result.connection, demand) : current
  const how = isKnown && result.kind === 'refreshed' ? 'refresh' : 'cache'
  ports.observer.tokenServed({ provider: seen.provider, how })
  return served ?? current
}

const CURRENT_TOKEN_WAIT_MS = 5_000

/**
 * Returns the current token, or null if a refresh is needed. Throws if no refresh is possible now.
 */
function serve(
  ports: RefreshNeeds,
  connection: Connection,
  demand: TokenRequest,
): ServedToken | null {
  const now = ports.clock.now()
  const decision = decide(ports, connection, demand)
  // If a refresh is running, the caller joins it instead of getting a retry time.
  const isRefreshing = decision.kind === 'wait' && ports.flights.has(connection.id)
  if (decision.kind === 'refresh' || isRefreshing) return null
  if (!isLive(connection)) throw confirmationRequired(connection)
  if (decision.kind === 'wait') throw waitProblem(connection, decision.retryAt - now)
  if (decision.kind === 'refuse') throw reconnectRequired(connection)
  if (decision.refreshBehind || endsPause(connection, ports.policy, now)) {
    refreshBehind(ports, connection)
  }
  return { connection, warnings: warningsOf(connection, decision) }
}

async function fetchToken(
  ports: RefreshNeeds,
  seen: Connection,
  demand: TokenRequest,
): Promise<ServedToken> {
  if (!isLive(seen)) throw confirmationRequired(seen)
  if (!canBeAsked(ports, seen)) throw reconnectRequired(seen)
  const held = ports.flights.has(seen.id) ? null : refreshBlockedBy(ports, seen)
  if (held !== null) throw refreshProblem(held, ports.clock.now())
  const result = await orTimeout(ports, refresh(ports, seen, 'asked'), ports.policy.leaseMs)
  if (result === 'timeout') throw unavailable('provider_unavailable', TIMEOUT_RETRY_MS)
  if (result.kind !== 'refreshed') throw refreshProblem(result, ports.clock.now())
  const served = serve(ports, result.connection, demand)
  // The new token expires too soon, or is the rejected token again.
  if (served === null) throw unavailable('provider_unavailable', TIMEOUT_RETRY_MS)
  ports.observer.tokenServed({ provider: seen.provider, how: 'refresh' })
  return served
}

const TIMEOUT_RETRY_MS = 5_000

/** Waits for a flight, at most for `longestMs`. After a timeout, the flight continues. */
async function orTimeout(
  ports: RefreshNeeds,
  flight: Promise<RefreshResult>,
  longestMs: number,
): Promise<RefreshResult | 'timeout'> {
  const waiting = new AbortController()
  const timeout = ports.clock.sleep(longestMs, waiting.signal).then(() => 'timeout' as const)
  try {
    return await Promise.race([flight, timeout])
  } finally {
    waiting.abort()
  }
}

/**
 * Refreshes in the background. The caller has a token, so the result is only stored and counted.
 */
function refreshBehind(ports: RefreshNeeds, connection: LiveConnection): void {
  if (ports.flights.has(connection.id) || refreshBlockedBy(ports, connection) !== null) return
  refresh(ports, connection, 'asked').catch((error: unknown) => {
    ports.observer.refreshBroke({ id: connection.id, provider: connection.provider, error })
  })
}

function decide(ports: RefreshNeeds, connection: Connection, demand: TokenRequest): ReadDecision {
  const wish = { minTtlMs: demand.minTtlSeconds * 1000, rejected: demand.rejected }
  return decideRead(connection, wish, ports.clock.now())
}

const NO_WARNINGS: readonly TokenWarning[] = []

function warningsOf(
  connection: LiveConnection,
  decision: Extract<ReadDecision, { kind: 'serve' }>,
): readonly TokenWarning[] {
  if (connection.status === 'active' && !decision.shortLived) return NO_WARNINGS
  const warnings: TokenWarning[] = decision.shortLived ? ['short_lived'] : []
  if (connection.status === 'disconnected') warnings.push('reconnect_required')
  if (connection.status === 'failing') {
    warnings.push(connection.grant.kind === 'credentials' ? 'unproven' : 'refresh_failing')
  }
  return warnings
}
