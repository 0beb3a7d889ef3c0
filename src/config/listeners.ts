import type { Environment } from './environment.ts'
import type { Findings } from './findings.ts'
import { isSameListen, type Listen, parseListen } from './listen.ts'

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
