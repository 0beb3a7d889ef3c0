import { afterAnswer, type Circuit } from '../../core/refresh/circuit.ts'
import { isOwnClientKey } from '../../core/connection/client-key.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import type { ProviderEvent, VaultEvent } from '../../core/events/event.ts'
import type { AttemptOutcome, CircuitReason } from '../../core/refresh/refresh-outcome.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'endpoint' | 'traffic' | 'observer'>

/**
 * Updates the circuit of the client in memory at once, so that parallel refreshes see it. `write`
 * stores the circuit and its event in the transaction of the outcome.
 */
export function updateCircuit(
  ports: Needs,
  connection: LiveConnection,
  outcome: AttemptOutcome,
): { readonly write: (trx: Writes) => Promise<void> } {
  const { id, provider } = connection
  const client = ports.endpoint.clientKey(provider, connection.client)
  const before = ports.traffic.circuit(provider, client)
  const at = { id, now: ports.clock.now(), fraction: ports.random.fraction() }
  const after = afterAnswer(before, outcome, at)
  ports.traffic.turn(after)
  if (outcome.kind === 'ok') ports.traffic.noteRefreshed(client, connection)
  const isNews = before.open?.reason !== after.open?.reason
  if (isNews) {
    const reason = after.open?.reason ?? null
    const whose = isOwnClientKey(client) ? 'own' : 'configured'
    ports.observer.circuitChanged({ provider, client: whose, id, reason, open: reason !== null })
  }
  // A failure of a connection's own client is visible in the connection. There is no provider
  // event.
  const event = isNews && !isOwnClientKey(client) ? circuitEvent(before, after) : null
  return {
    write: async (trx) => {
      if (before.open !== after.open) await trx.saveCircuit(after)
      if (event !== null) await trx.appendEvent(event, at.now)
    },
  }
}

const CIRCUIT_EVENT: Record<CircuitReason, Omit<ProviderEvent, 'provider'> | null> = {
  unavailable: { type: 'provider.unavailable', reason: 'unavailable', nextAction: 'retry' },
  misconfigured: {
    type: 'provider.misconfigured',
    reason: 'misconfigured',
    nextAction: 'fix_configuration',
  },
  // The app does not need to know that the provider throttles requests.
  throttled: null,
}
const RECOVERED = { type: 'provider.recovered', reason: null, nextAction: null } as const

function circuitEvent(before: Circuit, after: Circuit): VaultEvent | null {
  const announced = before.open === null ? null : CIRCUIT_EVENT[before.open.reason]
  const recovered = announced === null ? null : RECOVERED
  const news = after.open === null ? recovered : CIRCUIT_EVENT[after.open.reason]
  return news === null ? null : { ...news, provider: after.provider }
}
