import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderId } from '../../core/base/ids.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Egress } from '../egress/egress.ts'
import { createTokenEndpoint } from './endpoint.ts'
import { configureProviders } from '../recipe/configure-providers.ts'

/** More of them gain tenths of a millisecond and cost a start as many whole ones. */
const REFRESHES = 5
/** Where loopback is not to be had, nobody waits for it. */
const DEADLINE_MS = 500

const ID = 'rehearsal'
const ANSWER = JSON.stringify({
  access_token: 'no-access-token'.repeat(8),
  token_type: 'bearer',
  expires_in: 3600,
  refresh_token: 'no-refresh-token'.repeat(8),
  scope: 'read write',
})

/**
 * Refreshes of nothing at a provider of its own, on loopback, over the real path. A rotation that has
 * been answered and not yet noted is lost with its process, and code that runs for the first time
 * takes ten times as long from the one to the other: so the first time is not one that counts.
 */
export async function rehearse(ground: {
  readonly egress: Egress
  readonly clock: Clock
}): Promise<number> {
  const provider = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(ANSWER)
  })
  try {
    const port = await portOf(provider)
    return await refreshSome(ground, `http://127.0.0.1:${port}/token`)
  } catch {
    // No port to be had: the first refresh is slow, and nothing else is different.
    return 0
  } finally {
    provider.close()
  }
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** How many were answered. */
async function refreshSome(
  { egress, clock }: Parameters<typeof rehearse>[0],
  tokenEndpoint: string,
): Promise<number> {
  const settings = { tokenEndpoint, authorizationEndpoint: tokenEndpoint, clientId: ID }
  const configured = configureProviders(
    [{ id: ID, settings, clientSecrets: [new Secret(ID)] }],
    'http://localhost',
  )
  const endpoint = createTokenEndpoint({
    configured,
    egress,
    clock,
    sealer: { fingerprint: () => '' },
    deadlineMs: DEADLINE_MS,
  })
  const request = {
    provider: ID as ProviderId,
    client: null,
    params: {},
    providerData: {},
    requestedScope: ['read', 'write'],
    refreshToken: new Secret(ID),
  }
  for (let done = 0; done < REFRESHES; done++) {
    const { kind } = await endpoint.refresh(request)
    if (kind !== 'ok') return done
  }
  return REFRESHES
}
