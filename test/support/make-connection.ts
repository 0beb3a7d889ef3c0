import type { ActiveConnection, Grant } from '../../src/core/connection.ts'
import type { ConnectionId, GrantId, ProviderId, UserId } from '../../src/core/ids.ts'
import { Secret } from '../../src/core/secret.ts'

export const MADE_AT = Date.UTC(2026, 10, 22, 12)

/** A healthy connection whose token was issued at `MADE_AT` and lives an hour. */
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
    status: 'active',
    failure: null,
    grant: makeGrant(),
    attempt: null,
    dueAt: MADE_AT + 48 * 60_000,
    ...changes,
  }
}

export function makeGrant(changes: Partial<Grant> = {}): Grant {
  return {
    id: 'grt_01jd9z0000000000000000000a' as GrantId,
    generation: 1,
    requestedScope: ['calendar', 'email'],
    scope: ['calendar', 'email'],
    token: makeToken(),
    refreshToken: new Secret('refresh-1'),
    refreshTokenExpiresAt: null,
    ...changes,
  }
}

export function makeToken(changes: Partial<NonNullable<Grant['token']>> = {}) {
  return {
    tokenId: 't_1',
    secret: new Secret('access-1'),
    tokenType: 'Bearer',
    issuedAt: MADE_AT,
    expiresAt: MADE_AT + 3_600_000,
    ...changes,
  }
}
