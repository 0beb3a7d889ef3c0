import type {
  ConnectLink,
  ConnectRequest,
  Flow,
  WaitingGrant,
} from '../../src/core/connect/flow.ts'
import type { ConnectionId, FlowId, LinkId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { makeConnection } from '../support/make-connection.ts'

export const ACME = 'acme' as ProviderId
export const HOLDER: ConnectionId = makeConnection().id

/** A link with a value in every field. */
export const REQUEST: ConnectRequest = {
  userId: 'user-1' as UserId,
  scope: ['calendar'],
  email: 'ann@example.com',
  expectedAccount: 'acc-1',
  state: 'the app’s own',
  label: 'Work',
  displayName: 'Ann',
  metadata: { team: 7 },
  connectionId: HOLDER,
  client: { id: 'client-1', secret: new Secret('client-secret') },
  params: { tenant: 'contoso' },
}

export function linkId(name: string): LinkId {
  return `lnk_01jd9z0000000000000000000${name}` as LinkId
}

export function makeLink(name: string, changes: Partial<ConnectLink> = {}): ConnectLink {
  return {
    id: linkId(name),
    secretHash: `hash of ${name}`,
    providers: [ACME],
    request: REQUEST,
    redirectUrl: 'https://app.example.com/oauth?x=1',
    confirm: 'app',
    state: { status: 'pending' },
    lastError: null,
    createdAt: 1,
    expiresAt: 1_000,
    ...changes,
  }
}

export function makeFlow(changes: Partial<Flow> = {}): Flow {
  return {
    id: 'flw_01jd9z0000000000000000000a' as FlowId,
    stateHash: 'state',
    provider: ACME,
    link: linkId('a'),
    browserHash: 'browser',
    request: REQUEST,
    requestedScope: ['calendar', 'openid'],
    redirectUri: 'https://larder.example.com/callback/acme',
    verifier: new Secret('verifier'),
    nonce: new Secret('nonce'),
    createdAt: 1,
    expiresAt: 600_000,
    ...changes,
  }
}

export function makeWaitingGrant(changes: Partial<WaitingGrant> = {}): WaitingGrant {
  return {
    link: linkId('a'),
    connectionId: HOLDER,
    provider: ACME,
    received: {
      kind: 'tokens',
      tokens: {
        accessToken: new Secret('access'),
        tokenType: 'Bearer',
        expiresInSeconds: 3_600,
        refreshToken: new Secret('refresh'),
        refreshTokenExpiresInSeconds: null,
        scope: ['calendar'],
        providerData: { instance: 'eu1' },
      },
    },
    sentAt: 12,
    account: { id: 'acc-1', email: null, name: 'Ann' },
    requestedScope: ['calendar'],
    request: REQUEST,
    ...changes,
  }
}
