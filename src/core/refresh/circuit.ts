import type { ConnectionId, Instant, ProviderId } from '../base/ids.ts'
import type { AttemptOutcome, CircuitReason } from './refresh-outcome.ts'
/**
 * The health of one client at one provider. It is a plain value and not a library's breaker object,
 * because it is committed with the outcome that changed it and must survive a restart. The schedule
 * reads it before it selects rows.
 */
export type Circuit = {
  readonly provider: ProviderId
  /** See `TokenEndpoint.clientKey`. */
  readonly client: string
  /** Consecutive failures that the provider or Larder may have caused. */
  readonly failures: number
  /**
   * Connections whose refresh was rejected, perhaps by a proxy in front of the provider. Each
   * connection is listed only once, because the cause may be that its own grant is dead.
   */
  readonly rejected?: readonly ConnectionId[]
  readonly open: {
    readonly reason: CircuitReason
    readonly since: Instant
    readonly until: Instant
  } | null
}

export type Admission = 'admitted' | 'probe' | 'held'

const TOLERATED_FAILURES = 5
const SPREAD = 0.2
const FIRST_WAIT_MS: Record<CircuitReason, number> = {
  unavailable: 2_000,
  throttled: 5_000,
  misconfigured: 30_000,
}
const LONGEST_WAIT_MS: Record<CircuitReason, number> = {
  unavailable: 60_000,
  throttled: 3_600_000,
  misconfigured: 600_000,
}

export function closedCircuit(provider: ProviderId, client: string): Circuit {
  return { provider, client, failures: 0, open: null }
}

/** `probe`: the wait is over, so one refresh may be sent to test the provider. */
export function admission(circuit: Circuit, now: Instant): Admission {
  if (circuit.open === null) return 'admitted'
  return circuit.open.until <= now ? 'probe' : 'held'
}

type At = { readonly now: Instant; readonly fraction: number }

/**
 * The circuit after a refresh. An answer about the grant, good or bad, closes the circuit, because
 * the provider and the client work.
 */
export function afterAnswer(
  circuit: Circuit,
  outcome: AttemptOutcome,
  at: At & { readonly id: ConnectionId },
): Circuit {
  // While the provider asks to wait, ignore the results of refreshes that were sent before.
  const isAskedToWait =
    circuit.open?.reason === 'throttled' && admission(circuit, at.now) === 'held'
  if (isAskedToWait && outcome.kind !== 'throttled') return circuit
  switch (outcome.kind) {
    case 'ok':
    case 'confirmed':
    case 'grant_dead':
      return answered(circuit)
    case 'not_sent':
    case 'provider_failed':
    case 'answer_lost':
    case 'answer_unreadable':
      return failed(circuit, at)
    case 'unknown_refusal':
      return outcome.evidence === 'none'
        ? failed(circuit, at)
        : rejected(circuit, outcome.evidence, at)
    case 'throttled':
      return opened(circuit, 'throttled', outcome.retryAfterMs ?? 0, at)
    case 'client_config':
      return outcome.isOwn === true ? circuit : opened(circuit, 'misconfigured', 0, at)
    default:
      return outcome satisfies never
  }
}

function failed(circuit: Circuit, at: At): Circuit {
  const after = { ...circuit, failures: circuit.failures + 1 }
  return isTolerated(after) ? after : opened(circuit, 'unavailable', 0, at)
}

function answered(circuit: Circuit): Circuit {
  return circuit.failures === 0 && circuit.open === null && circuit.rejected === undefined
    ? circuit
    : closedCircuit(circuit.provider, circuit.client)
}

/**
 * An error object comes from the provider itself, so there is no outage. A circuit that is open
 * with the reason `misconfigured` stays open, because the error may be about the client.
 */
function rejected(
  circuit: Circuit,
  evidence: 'error' | 'page',
  at: At & { readonly id: ConnectionId },
): Circuit {
  const known = circuit.rejected ?? []
  if (circuit.open?.reason === 'misconfigured') return circuit
  if (evidence === 'error') return answered(circuit)
  if (circuit.open !== null) return opened(circuit, 'unavailable', 0, at)
  if (known.includes(at.id)) return circuit
  const after = { ...circuit, rejected: [...known, at.id] }
  return isTolerated(after) ? after : opened(circuit, 'unavailable', 0, at)
}

function isTolerated({ open, failures, rejected: some = [] }: Circuit): boolean {
  return open === null && failures + some.length < TOLERATED_FAILURES
}

/**
 * Each failed probe doubles the wait. A failed request that was sent before the circuit opened does
 * not double it.
 */
function opened(circuit: Circuit, reason: CircuitReason, askedMs: number, at: At): Circuit {
  const goesOn = circuit.open?.reason === reason
  const isStraggler = goesOn && admission(circuit, at.now) === 'held'
  if (isStraggler && askedMs === 0) return circuit
  const failures = goesOn ? circuit.failures + Number(!isStraggler) : TOLERATED_FAILURES
  const grown = FIRST_WAIT_MS[reason] * 2 ** Math.min(20, failures - TOLERATED_FAILURES)
  const wait = Math.min(LONGEST_WAIT_MS[reason], Math.max(grown, askedMs))
  const since = goesOn && circuit.open ? circuit.open.since : at.now
  // Never retry before the time that the provider asked for: jitter only extends the wait, and the
  // longest wait is used.
  const asked = at.now + Math.round(wait * (1 + at.fraction * SPREAD))
  const until = isStraggler ? Math.max(circuit.open?.until ?? 0, asked) : asked
  return { ...circuit, failures, open: { reason, since, until } }
}
