import { type Egress, openEgress, type OutgoingRequest } from '../../src/oauth/egress/egress.ts'
import type { Clock } from '../../src/ports/ports.ts'
import { chance } from '../scripted-provider/seed.ts'

export type LossyNetwork = {
  readonly open: (clock: Clock) => Promise<Egress>
  /** Number of requests that never reached the provider, by reason. */
  readonly lost: Readonly<Record<keyof typeof WAYS, number>>
}

/** Addresses at which no server is. The real egress finds that out. */
const WAYS = {
  'no-such-name': (request: OutgoingRequest) => {
    return { ...request, url: new URL('https://provider.invalid/token'), reach: 'public' } as const
  },
  'connection-refused': (request: OutgoingRequest) => {
    return { ...request, url: new URL('http://127.0.0.1:1/token') }
  },
}

export const WAYS_TO_LOSE = Object.keys(WAYS) as readonly (keyof typeof WAYS)[]

/** Redirects a share of the requests in each of these ways, the same ones for the same seed. */
export function lossyNetwork(how: {
  readonly seed: string
  readonly fraction: number
}): LossyNetwork {
  const lost = { 'no-such-name': 0, 'connection-refused': 0 }
  const showings = new Map<string | null, number>()
  const led = (request: OutgoingRequest): OutgoingRequest => {
    const showing = (showings.get(request.body) ?? 0) + 1
    showings.set(request.body, showing)
    const way = WAYS_TO_LOSE.find((one) => {
      return chance(how.seed, `${one} ${request.body} ${showing}`) < how.fraction
    })
    if (way === undefined) return request
    lost[way]++
    return WAYS[way](request)
  }
  return {
    lost,
    open: async (clock) => {
      const egress = await openEgress({ clock, addressesOf: noAddresses })
      return { send: (request) => egress.send(led(request)) }
    },
  }
}

/** Fails as a resolver does. */
async function noAddresses(name: string): Promise<never> {
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
}
