import type { AuthorizationServer } from 'oauth4webapi'
import { isRecord } from '../core/json-path.ts'
import type { Clock } from '../ports.ts'
import type { Reach } from './address-guard.ts'
import type { Egress } from './egress.ts'
import { readBody } from './json-body.ts'
import type { Refusal } from './refusal.ts'

export type Discovered =
  | { readonly kind: 'ok'; readonly metadata: AuthorizationServer }
  | Refusal<'unavailable' | 'misconfigured'>

type Wanted = {
  readonly reach: Reach
  /** Judges the issuer that the metadata names itself. */
  readonly accepts: (issuer: string) => boolean
  /** What is left of the call that needs it. */
  readonly withinMs: number
}

type Cached = { readonly metadata: AuthorizationServer; readonly at: number }

const FRESH_MS = 3_600_000
/** While the provider's metadata cannot be fetched, the last known serves on for so long. */
const STALE_MS = 24 * 3_600_000
const DEADLINE_MS = 10_000
/** Issuers can depend on a connection's parameters; their number is bounded here. */
const MOST_ISSUERS = 200

/** The metadata of issuers (OpenID Connect Discovery 1.0), fetched once for all who ask at a time. */
export class Discovery {
  readonly #egress: Egress
  readonly #clock: Clock
  readonly #cached = new Map<string, Cached>()
  readonly #flights = new Map<string, Promise<Discovered>>()

  constructor(egress: Egress, clock: Clock) {
    this.#egress = egress
    this.#clock = clock
  }

  /** What is known to one provider serves another of the same issuer, by that one's own rules. */
  async metadata(issuer: string, wanted: Wanted): Promise<Discovered> {
    const found = await this.#find(issuer, wanted)
    if (found.kind !== 'ok' || wanted.accepts(found.metadata.issuer)) return found
    return { kind: 'misconfigured', detail: 'the metadata of the issuer names another issuer' }
  }

  async #find(issuer: string, wanted: Wanted): Promise<Discovered> {
    const key = `${wanted.reach} ${issuer}`
    const cached = this.#cached.get(key)
    const age = cached === undefined ? Infinity : this.#clock.monotonic() - cached.at
    if (cached !== undefined && age < FRESH_MS) return { kind: 'ok', metadata: cached.metadata }
    const flight = this.#flights.get(key) ?? this.#start(key, issuer, wanted)
    const found = await flight
    if (found.kind === 'unavailable' && cached !== undefined && age < STALE_MS) {
      return { kind: 'ok', metadata: cached.metadata }
    }
    if (found.kind === 'ok' && wanted.accepts(found.metadata.issuer))
      this.#keep(key, found.metadata)
    return found
  }

  async #start(key: string, issuer: string, wanted: Wanted): Promise<Discovered> {
    const flight = this.#fetch(issuer, wanted).finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }

  async #fetch(issuer: string, { reach, withinMs }: Wanted): Promise<Discovered> {
    const url = URL.parse(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    if (url === null) return { kind: 'misconfigured', detail: 'the issuer is no URL' }
    const result = await this.#egress.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      body: null,
      reach,
      deadlineMs: Math.min(DEADLINE_MS, withinMs),
    })
    if (result.kind !== 'answered') {
      const detail = 'the metadata of the issuer cannot be fetched'
      return { kind: result.reason === 'blocked' ? 'misconfigured' : 'unavailable', detail }
    }
    if (result.status !== 200 || !result.complete) return notThere(result.status)
    const metadata = readBody(result.body, '', 'json').value
    if (!isRecord(metadata) || typeof metadata['issuer'] !== 'string') {
      return { kind: 'unavailable', detail: 'the metadata of the issuer cannot be read' }
    }
    return { kind: 'ok', metadata: { ...metadata, issuer: metadata['issuer'] } }
  }

  #keep(key: string, metadata: AuthorizationServer): void {
    this.#cached.delete(key)
    this.#cached.set(key, { metadata, at: this.#clock.monotonic() })
    const [oldest] = this.#cached.keys()
    if (this.#cached.size > MOST_ISSUERS && oldest !== undefined) this.#cached.delete(oldest)
  }
}

function notThere(status: number): Discovered {
  const wrong = status >= 300 && status < 500 && status !== 408 && status !== 429
  const detail = 'the issuer answers no metadata'
  return { kind: wrong ? 'misconfigured' : 'unavailable', detail }
}
