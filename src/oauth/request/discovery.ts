import type { AuthorizationServer } from 'oauth4webapi'
import { isRecord } from '../../core/base/json-path.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Reach } from '../egress/address-guard.ts'
import type { Egress } from '../egress/egress.ts'
import { readBody } from '../answer/json-body.ts'
import { notFetched } from '../egress/not-fetched.ts'
import { needsOperator } from '../answer/read-answer.ts'
import type { ProviderRefusal } from '../answer/refusal.ts'

export type Discovered =
  | {
      readonly kind: 'ok'
      readonly metadata: AuthorizationServer
      /** Whether the server issues id tokens. RFC 8414 metadata does not guarantee this. */
      readonly isOpenId: boolean
    }
  | ProviderRefusal<'unavailable' | 'misconfigured'>

type Wanted = {
  readonly reach: Reach
  /** Whether the metadata may name this issuer. */
  readonly accepts: (issuer: string) => boolean
  /** The remaining time of the call that needs the metadata. */
  readonly withinMs: number
}

/** `isNowhere`: this URL has no metadata, but another URL of the issuer may have it. */
type Asked = Discovered & { readonly isNowhere?: true }
type Found = Extract<Discovered, { kind: 'ok' }>
type Cached = { readonly found: Found; readonly at: number }

const FRESH_MS = 3_600_000
/** How long old metadata is used while new metadata cannot be fetched. */
const STALE_MS = 24 * 3_600_000
const DEADLINE_MS = 10_000
/** Limits the cache, because issuers can depend on parameters of a connection. */
const MOST_ISSUERS = 200

/**
 * Fetches and caches the metadata of issuers (OpenID Connect Discovery 1.0, RFC 8414). Concurrent
 * callers share one request.
 */
export class Discovery {
  readonly #egress: Egress
  readonly #clock: Clock
  readonly #cached = new Map<string, Cached>()
  readonly #flights = new Map<string, Promise<Discovered>>()

  constructor(egress: Egress, clock: Clock) {
    this.#egress = egress
    this.#clock = clock
  }

  /**
   * Returns the metadata of an issuer. Providers share the cached metadata, but each provider has
   * its own rule for the issuer name.
   */
  async metadata(issuer: string, wanted: Wanted): Promise<Discovered> {
    const found = await this.#find(issuer, wanted)
    if (found.kind !== 'ok' || wanted.accepts(found.metadata.issuer)) return found
    return { kind: 'misconfigured', detail: 'the metadata of the issuer names another issuer' }
  }

  async #find(issuer: string, wanted: Wanted): Promise<Discovered> {
    const key = `${wanted.reach} ${issuer}`
    const cached = this.#cached.get(key)
    const age = cached === undefined ? Infinity : this.#clock.monotonic() - cached.at
    if (cached !== undefined && age < FRESH_MS) return cached.found
    const flight = this.#flights.get(key) ?? this.#start(key, issuer, wanted)
    const found = await flight
    if (found.kind === 'unavailable' && cached !== undefined && age < STALE_MS) return cached.found
    if (found.kind === 'ok' && wanted.accepts(found.metadata.issuer)) this.#keep(key, found)
    return found
  }

  async #start(key: string, issuer: string, wanted: Wanted): Promise<Discovered> {
    const flight = this.#fetch(issuer, wanted).finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }

  /** Tries each metadata URL in turn. If none has metadata, returns the first result. */
  async #fetch(issuer: string, { reach, withinMs }: Wanted): Promise<Discovered> {
    const [place, ...others] = placesOf(issuer)
    if (place === undefined) return { kind: 'misconfigured', detail: 'the issuer is no URL' }
    const until = this.#clock.monotonic() + withinMs
    const first = await this.#ask(place, reach, withinMs)
    if (first.isNowhere !== true) return first
    for (const other of others) {
      const leftMs = until - this.#clock.monotonic()
      // oxlint-disable-next-line no-await-in-loop -- tries the next URL only if this one has no metadata
      const found = leftMs > 0 ? await this.#ask(other, reach, leftMs) : first
      if (found.kind === 'ok') return found
    }
    return first
  }

  async #ask(url: URL, reach: Reach, withinMs: number): Promise<Asked> {
    const result = await this.#egress.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      body: null,
      reach,
      deadlineMs: Math.min(DEADLINE_MS, withinMs),
    })
    if (result.kind !== 'answered') {
      const detail = notFetched('the metadata of the issuer', result)
      return { kind: needsOperator(result) ? 'misconfigured' : 'unavailable', detail }
    }
    if (result.status !== 200 || !result.complete) return notThere(result.status)
    const metadata = readBody(result.body, '', 'json').value
    if (!isRecord(metadata) || typeof metadata['issuer'] !== 'string') {
      const detail = 'the metadata of the issuer cannot be read'
      return { kind: 'unavailable', detail, isNowhere: true }
    }
    return {
      kind: 'ok',
      metadata: { ...metadata, issuer: metadata['issuer'] },
      isOpenId:
        url.pathname.includes(OPENID) ||
        Array.isArray(metadata['id_token_signing_alg_values_supported']),
    }
  }

  #keep(key: string, found: Found): void {
    this.#cached.delete(key)
    this.#cached.set(key, { found, at: this.#clock.monotonic() })
    const [oldest] = this.#cached.keys()
    if (this.#cached.size > MOST_ISSUERS && oldest !== undefined) this.#cached.delete(oldest)
  }
}

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

/**
 * The possible metadata URLs. OpenID Connect Discovery appends its path to the issuer. RFC 8414
 * inserts the path between the host and the path of the issuer (§3.1), for OpenID too (§5).
 */
function placesOf(issuer: string): readonly URL[] {
  const base = URL.parse(issuer)
  if (base === null) return []
  const { origin } = base
  const path = base.pathname.replace(/\/$/, '')
  const places = [`${path}${OPENID}`, `${OAUTH}${path}`, `${OPENID}${path}`, `${path}${OAUTH}`]
  return [...new Set(places)].map((place) => new URL(origin + place))
}

function notThere(status: number): Asked {
  const wrong = status >= 300 && status < 500 && status !== 408 && status !== 429
  const detail = `the issuer answers no metadata: the status is ${status}`
  return wrong
    ? { kind: 'misconfigured', detail, isNowhere: true }
    : { kind: 'unavailable', detail }
}
