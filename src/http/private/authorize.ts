import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type Caller, holds, reachesProvider, reachesUser } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import { NOT_CONFIGURED } from '../../core/connection/provider.ts'
import type { Callers } from '../../ports/ports.ts'
import type { Endpoint, Input } from './endpoint.ts'

/**
 * The caller of a route that needs no key. This caller has no permission and may access no user or
 * provider.
 */
const NOBODY: Caller = { keyId: 'bootstrap', permissions: [], providers: [], userIdPrefix: '\0' }

export type HostRule = {
  /** Host names that are accepted in addition to local names. */
  readonly allowedHosts: readonly string[]
  readonly onUnixSocket: boolean
}

/**
 * Refuses requests that a web page could send: cross-origin requests, and requests to a foreign
 * host name that resolves to this machine (DNS rebinding). Ignores proxy headers.
 */
export function foreignRequestGuard(rule: HostRule) {
  const isOurs = hostRule(rule.allowedHosts)
  const namesNone = hostlessRule(rule.onUnixSocket)
  return (request: IncomingMessage): void => {
    const { headers, url } = request
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
      throw new VaultError('forbidden', 'the private API does not answer browsers')
    }
    // An absolute request target would name a second host (RFC 9112 §3.2.2).
    const isAnswered = namesNone(request) || isOurs(headers.host)
    if (!isAnswered || !url?.startsWith('/')) {
      const detail = 'this listener does not answer to that Host; see LARDER_ALLOWED_HOSTS'
      throw new VaultError('misdirected_request', detail)
    }
  }
}

/**
 * Whether a request may omit its host. On a unix socket, the target has no authority, so RFC 9112
 * §3.2 requires an empty `Host`. Some health checks send HTTP/1.0 without `Host` (HAProxy's
 * default). A browser can send neither.
 */
function hostlessRule(onUnixSocket: boolean) {
  return ({ headers, httpVersion }: IncomingMessage): boolean =>
    headers.host === undefined ? httpVersion === '1.0' : headers.host === '' && onUnixSocket
}

const MOST_REMEMBERED = 256

/** Accepts names that cannot exist in public DNS, and names that the operator allows. */
export function hostRule(allowedHosts: readonly string[]) {
  const allowed = new Set(allowedHosts.map((host) => withoutPort(host.toLowerCase())))
  const known = new Map<string, boolean>()
  return (host: string | undefined): boolean => {
    if (host === undefined) return false
    const remembered = known.get(host)
    if (remembered !== undefined) return remembered
    const name = withoutPort(host.toLowerCase())
    const answered = name !== null && (allowed.has(name) || isLocalName(name))
    if (known.size < MOST_REMEMBERED) known.set(host, answered)
    return answered
  }
}

/** Returns null if the value is not `host[:port]`. */
function withoutPort(host: string): string | null {
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::\d{1,5})?$/.exec(host)
  return parts?.[1] ?? null
}

function isLocalName(name: string): boolean {
  if (name.startsWith('[')) return isIP(name.slice(1, -1)) === 6
  if (isIP(name) === 4 || name === 'host.docker.internal') return true
  const labels = name.split('.')
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)))
    return false
  return labels.length === 1 || /\.svc(?:\.cluster\.local)?$/.test(name)
}

/** Returns the caller. Throws if the caller's key may not use the endpoint. */
export function admit(endpoint: Endpoint, headers: IncomingHttpHeaders, callers: Callers): Caller {
  if (endpoint.permission === 'none') return NOBODY
  const caller = authenticate(headers.authorization, callers)
  if (endpoint.permission !== 'any') requirePermission(caller, endpoint.permission)
  if (endpoint.reach === 'everything' && (caller.providers ?? caller.userIdPrefix) !== null) {
    throw new VaultError(
      'forbidden',
      'a key that is narrowed to providers or users may not ask this',
    )
  }
  return caller
}

/** Reads a Bearer token (RFC 6750 §2.1). The scheme name is case-insensitive (RFC 9110 §11.1). */
export function authenticate(authorization: string | undefined, callers: Callers): Caller {
  const bearer = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  const caller = bearer === undefined ? null : callers.authenticate(bearer)
  if (caller === null) {
    throw new VaultError('unauthenticated', 'send a known API key as Authorization: Bearer')
  }
  return caller
}

export function requirePermission(caller: Caller, permission: Parameters<typeof holds>[1]): void {
  if (!holds(caller, permission)) {
    throw new VaultError('forbidden', `the key lacks the permission ${permission}`)
  }
}

/**
 * Checks on every route that the key may access each user and provider in the request. Any other
 * user or provider is reported as not found.
 */
export function requireReach(caller: Caller, { params, query, body }: Input): void {
  for (const { userId, provider, providers } of [params, query, body]) {
    if (typeof userId === 'string' && !reachesUser(caller, userId)) {
      throw new VaultError('not_found', 'no such user')
    }
    for (const id of [provider, ...(Array.isArray(providers) ? providers : [])]) {
      if (typeof id === 'string' && !reachesProvider(caller, id)) {
        throw new VaultError('not_found', `no such provider: it ${NOT_CONFIGURED}`)
      }
    }
  }
}
