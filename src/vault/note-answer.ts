import { afterAnswer, type Circuit } from '../core/circuit.ts'
import type { LiveConnection } from '../core/connection.ts'
import type { VaultEvent } from '../core/event.ts'
import type { RefreshOutcome } from '../core/refresh-outcome.ts'
import type { Ports, Writes } from '../ports.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'endpoint' | 'traffic' | 'observer'>

/**
 * What an answer says of the provider and the client. The circuit turns at once, so that parallel
 * refreshes see it; `write` keeps it in the transaction of the outcome, with its event.
 */
export function noteAnswer(
  ports: Needs,
  connection: LiveConnection,
  outcome: RefreshOutcome,
): { readonly write: (trx: Writes) => Promise<void> } {
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const before = ports.traffic.circuit(connection.provider, client)
  const at = { now: ports.clock.now(), fraction: ports.random.fraction() }
  const after = afterAnswer(before, outcome, at)
  ports.traffic.turn(after)
  const isNews = before.open?.reason !== after.open?.reason
  if (isNews) {
    const reason = after.open?.reason ?? null
    ports.observer.circuitChanged({ provider: connection.provider, reason, open: reason !== null })
  }
  // A connection's own client is not the provider's affair: its trouble shows on the connection.
  const event = isNews && connection.client === null ? circuitEvent(before, after) : null
  return {
    write: async (trx) => {
      if (before.open !== after.open) await trx.saveCircuit(after)
      if (event !== null) await trx.appendEvent(event, at.now)
    },
  }
}

function circuitEvent(before: Circuit, after: Circuit): VaultEvent | null {
  const { provider } = after
  switch (after.open?.reason) {
    case 'unavailable':
      return { type: 'provider.unavailable', provider, reason: 'unavailable', nextAction: 'retry' }
    case 'misconfigured':
      return {
        type: 'provider.misconfigured',
        provider,
        reason: 'misconfigured',
        nextAction: 'fix_configuration',
      }
    case 'throttled':
      return null
    case undefined:
      return before.open?.reason === 'throttled'
        ? null
        : { type: 'provider.recovered', provider, reason: null, nextAction: null }
    default:
      return after.open satisfies never
  }
}
