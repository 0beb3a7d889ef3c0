import type { Instant, ProviderId } from './ids.ts'
import type { RefreshOutcome } from './refresh-outcome.ts'

export type CircuitReason = 'unavailable' | 'misconfigured' | 'throttled'

/** The health of one client at one provider, so that its troubles are not blamed on connections. */
export type Circuit = {
  readonly provider: ProviderId
  /** See `TokenEndpoint.clientKey`. */
  readonly client: string
  /** Failures in a row that may be the provider's or ours. */
  readonly failures: number
  readonly open: {
    readonly reason: CircuitReason
    readonly since: Instant
    readonly until: Instant
  } | null
}

export type Admission = 'admitted' | 'probe' | 'held'

const TOLERATED_FAILURES = 5
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

/** `probe`: the wait is over, and one refresh may find out whether the provider is back. */
export function admission(circuit: Circuit, now: Instant): Admission {
  if (circuit.open === null) return 'admitted'
  return circuit.open.until <= now ? 'probe' : 'held'
}

/** Any answer to the grant itself, good or bad, shows that provider and client work. */
export function afterAnswer(
  circuit: Circuit,
  outcome: RefreshOutcome,
  at: { readonly now: Instant; readonly fraction: number },
): Circuit {
  switch (outcome.kind) {
    case 'ok':
    case 'grant_dead':
      return circuit.failures === 0 && circuit.open === null
        ? circuit
        : closedCircuit(circuit.provider, circuit.client)
    case 'not_sent':
    case 'ambiguous': {
      const failures = circuit.failures + 1
      if (circuit.open === null && failures < TOLERATED_FAILURES) return { ...circuit, failures }
      return opened({ ...circuit, failures }, 'unavailable', failures - TOLERATED_FAILURES, 0, at)
    }
    case 'throttled': {
      const failures = circuit.failures + 1
      return opened(
        { ...circuit, failures },
        'throttled',
        failures - 1,
        outcome.retryAfterMs ?? 0,
        at,
      )
    }
    case 'client_config': {
      const failures = circuit.open?.reason === 'misconfigured' ? circuit.failures + 1 : 1
      return opened({ ...circuit, failures }, 'misconfigured', failures - 1, 0, at)
    }
    default:
      return outcome satisfies never
  }
}

function opened(
  circuit: Circuit,
  reason: CircuitReason,
  step: number,
  askedMs: number,
  at: { readonly now: Instant; readonly fraction: number },
): Circuit {
  const grown = FIRST_WAIT_MS[reason] * 2 ** Math.min(20, Math.max(0, step))
  const wait = Math.min(LONGEST_WAIT_MS[reason], Math.max(grown, askedMs))
  const since = circuit.open?.reason === reason ? circuit.open.since : at.now
  // Never earlier than asked: jitter only adds.
  const until = at.now + Math.round(wait * (1 + at.fraction / 5))
  return { ...circuit, open: { reason, since, until } }
}
