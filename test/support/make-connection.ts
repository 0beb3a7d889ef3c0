import {
  type AccessToken,
  type ActiveConnection,
  type CredentialsGrant,
  type MachineGrant,
  type OAuthGrant,
  UNKNOWN_OWNER,
} from '../../src/core/connection/connection.ts'
import type { ConnectionId, GrantId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'

export const MADE_AT = Date.UTC(2026, 10, 22, 12)

/** An active connection whose token was issued at `MADE_AT` and lives for an hour. */
export function makeConnection(changes: Partial<ActiveConnection> = {}): ActiveConnection {
  return {
    id: 'con_01jd9z0000000000000000000a' as ConnectionId,
    userId: 'user-1' as UserId,
    provider: 'acme' as ProviderId,
    account: { id: 'acc-1', email: 'ann@example.com', name: 'Ann' },
    label: null,
    metadata: {},
    params: {},
    providerData: {},
    client: null,
    draft: null,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    lastRefreshedAt: null,
    lastReadAt: null,
    status: 'active',
    failure: null,
    grant: makeGrant(),
    attempt: null,
    dueAt: MADE_AT + 48 * 60_000,
    ...changes,
  }
}

export function makeGrant(changes: Partial<OAuthGrant> = {}): OAuthGrant {
  return {
    kind: 'oauth',
    id: 'grt_01jd9z0000000000000000000a' as GrantId,
    generation: 1,
    requestedScope: ['calendar', 'email'],
    scope: ['calendar', 'email'],
    token: makeToken(),
    refreshToken: new Secret('refresh-1'),
    issuedTo: null,
    owner: UNKNOWN_OWNER,
    refreshTokenExpiresAt: null,
    endNoticeAt: null,
    ...changes,
  }
}

export function makeMachineGrant(changes: Partial<MachineGrant> = {}): MachineGrant {
  return { ...makeGrant(), ...NO_REFRESH_TOKEN, kind: 'machine', ...changes }
}

export function makeCredentialsGrant(changes: Partial<CredentialsGrant> = {}): CredentialsGrant {
  return {
    kind: 'credentials',
    id: 'grt_01jd9z0000000000000000000a' as GrantId,
    generation: 1,
    requestedScope: [],
    scope: [],
    credentials: {
      kind: 'basic',
      tokenId: 't_1',
      username: 'ann@example.com',
      password: new Secret('password-1'),
    },
    token: null,
    ...NO_REFRESH_TOKEN,
    ...changes,
  }
}

const NO_REFRESH_TOKEN = {
  refreshToken: null,
  refreshTokenExpiresAt: null,
  endNoticeAt: null,
} as const

export function makeToken(changes: Partial<AccessToken> = {}): AccessToken {
  return {
    tokenId: 't_1',
    secret: new Secret('access-1'),
    tokenType: 'Bearer',
    issuedAt: MADE_AT,
    expiresAt: MADE_AT + 3_600_000,
    ...changes,
  }
}
