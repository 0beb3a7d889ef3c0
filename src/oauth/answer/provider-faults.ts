import type { Instant, ProviderId } from '../../core/base/ids.ts'
import type { Clock } from '../../ports/ports.ts'
import type { ProviderFault } from '../../ports/token-endpoint.ts'
import type { EgressResult } from '../egress/egress.ts'
import type { ProviderRefusal } from './refusal.ts'
import type { Observer } from '../../ports/observer.ts'

type Reason = ProviderFault['reason']
type Noted = { readonly reason: Reason; readonly since: Instant; readonly at: Instant }

/** The schedule retries a failed issuer once a minute. */
const ISSUER_AGAIN_MS = 60_000
/**
 * How long a fault of an endpoint is reported. Only a later request can show that the endpoint
 * works again, and there may be no later request.
 */
const ENDPOINT_COUNTS_MS = 10 * 60_000

/**
 * Records for each provider whether the last metadata fetch succeeded and whether its token
 * endpoint was reachable. Ignores addresses from parameters of a connection.
 */
export class ProviderFaults {
  readonly #clock: Pick<Clock, 'now'>
  readonly #observer: Pick<Observer, 'issuerUnreachable'> | undefined
  /** Null if the last metadata fetch succeeded. */
  readonly #issuers = new Map<ProviderId, Noted | null>()
  readonly #endpoints = new Map<ProviderId, Noted>()

  constructor(clock: Pick<Clock, 'now'>, observer?: Pick<Observer, 'issuerUnreachable'>) {
    this.#clock = clock
    this.#observer = observer
  }

  noteIssuer(provider: ProviderId, told: { readonly kind: 'ok' } | ProviderRefusal<Reason>): void {
    const before = this.#issuers.get(provider) ?? null
    if (told.kind === 'ok') {
      this.#issuers.set(provider, null)
      return
    }
    const { kind, detail } = told
    this.#issuers.set(provider, this.#noted(kind, before))
    if (before === null) this.#observer?.issuerUnreachable({ provider, detail })
  }

  noteEndpoint(provider: ProviderId, result: EgressResult): void {
    if (result.kind === 'answered') this.#endpoints.delete(provider)
    if (result.kind !== 'not_sent') return
    const reason = result.reason === 'blocked' ? 'misconfigured' : 'unavailable'
    const before = this.#endpoints.get(provider) ?? null
    this.#endpoints.set(provider, this.#noted(reason, before))
  }

  /** Whether the last metadata fetch succeeded. */
  isIssuerKnown(provider: ProviderId): boolean {
    return this.#issuers.get(provider) === null
  }

  of(provider: ProviderId): ProviderFault | null {
    const issuer = this.#issuers.get(provider) ?? null
    if (issuer !== null) {
      const { reason, since, at } = issuer
      return { reason, since, retryAt: at + ISSUER_AGAIN_MS }
    }
    const endpoint = this.#endpoints.get(provider)
    if (endpoint === undefined) return null
    const ageMs = this.#clock.now() - endpoint.at
    // The age is negative if the clock was set back.
    const counts = ageMs >= 0 && ageMs < ENDPOINT_COUNTS_MS
    return counts ? { reason: endpoint.reason, since: endpoint.since, retryAt: null } : null
  }

  #noted(reason: Reason, before: Noted | null): Noted {
    const at = this.#clock.now()
    return { reason, since: before?.reason === reason ? before.since : at, at }
  }
}
