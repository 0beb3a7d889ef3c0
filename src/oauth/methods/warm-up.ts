import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderId } from '../../core/base/ids.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Egress } from '../egress/egress.ts'
import { createTokenEndpoint } from './endpoint.ts'
import { configureProviders } from '../recipe/configure-providers.ts'

/**
 * More refreshes would delay the start by milliseconds and later save only tenths of a millisecond.
 */
const REFRESHES = 5
/** Limits the delay of the start if loopback does not answer. */
const DEADLINE_MS = 500

const ID = 'warm-up'
const ANSWER = JSON.stringify({
  access_token: 'no-access-token'.repeat(8),
  token_type: 'bearer',
  expires_in: 3600,
  refresh_token: 'no-refresh-token'.repeat(8),
  scope: 'read write',
})

/**
 * Warms up the refresh code with dummy tokens and a local provider. In the first run, the time from
 * receiving a rotated token to writing the journal is ten times as long. A kill in this time loses
 * the token. A compile cache does not replace this: docs/crash-safety.md has the figures.
 */
export async function warmUp(ground: {
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
    // If the warm-up fails, only the first real refresh is slower.
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

/** Returns the number of successful refreshes. */
async function refreshSome(
  { egress, clock }: Parameters<typeof warmUp>[0],
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
