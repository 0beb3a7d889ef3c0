import type { Environment } from './environment.ts'
import type { Findings } from './findings.ts'

/** The address of a listener. */
export type Listen =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** The longest path of a socket that the kernel accepts. */
const LONGEST_SOCKET_PATH = 107

/**
 * Parses `host:port`, `[::1]:port` or `unix:/path`. Returns null for anything else. Port 0 selects
 * any free port.
 */
export function parseListen(raw: string): Listen | null {
  if (raw.startsWith('unix:')) {
    const path = raw.slice('unix:'.length)
    const fits = path.startsWith('/') && Buffer.byteLength(path) <= LONGEST_SOCKET_PATH
    return fits ? { kind: 'unix', path } : null
  }
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(raw)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3])
  return host === undefined || port > 65_535 ? null : { kind: 'tcp', host, port }
}

/** Whether only this machine can reach the address. */
export function isLoopback(listen: Listen): boolean {
  return listen.kind === 'unix' || isLoopbackHost(listen.host)
}

export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/i.test(host)
}

export function isSameListen(a: Listen, b: Listen): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') {
    return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path
  }
  return a.host === b.host && a.port === b.port && a.port !== 0
}

/**
 * Returns the URL at which this machine reaches the listener. A client cannot connect to a wildcard
 * address.
 */
export function urlOf(listen: Listen): string {
  if (listen.kind === 'unix') return `unix:${listen.path}`
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}`
}

const PRIVATE_DEFAULT: Listen = { kind: 'tcp', host: '127.0.0.1', port: 7420 }
const PUBLIC_DEFAULT: Listen = { kind: 'tcp', host: '127.0.0.1', port: 7421 }
const DEMAND = 'must be host:port or unix:/path'

export function readListeners(
  environment: Environment,
  findings: Findings,
): { readonly listen: Listen; readonly publicListen: Listen } {
  const listen = readPrivateListen(environment)
  const publicListen =
    environment.parsed('LARDER_PUBLIC_LISTEN', parseListen, DEMAND) ?? PUBLIC_DEFAULT
  // The private API must never be reachable through the public listener.
  if (isSameListen(listen, publicListen)) {
    findings.problem('LARDER_PUBLIC_LISTEN', 'must not be the address of the private API')
  }
  return { listen, publicListen }
}

export function readPrivateListen(environment: Environment): Listen {
  return environment.parsed('LARDER_LISTEN', parseListen, DEMAND) ?? PRIVATE_DEFAULT
}
