import type { ActiveConnection } from '../../src/core/connection/connection.ts'
import { newId, type ProviderId, type UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { makeConnection, makeGrant, makeToken } from '../../test/support/make-connection.ts'

/** Each client at a provider may begin 1,000 refreshes a second, so one would limit the figures. */
export const PROVIDERS = 8
/** The time in the ids of the connections. It is fixed, so that a scenario can compute the ids. */
const IDS_FROM = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const TOKEN_DAYS = 300

export function connectionId(n: number) {
  return newId('con', IDS_FROM + n, tenBytes(n))
}

/** The refresh token names its connection, so the token server knows which one it answers. */
export function refreshTokenOf(n: number): string {
  return `1//${n}.${'r'.repeat(95)}`.slice(0, 100)
}

/** An access token as long as Google's. */
export function accessTokenOf(text: string): string {
  return `ya29.${text}.${'a'.repeat(180)}`.slice(0, 180)
}

/** A connection whose token is good for 300 days. */
export function connectionOf(n: number, now: number): ActiveConnection {
  const expiresAt = now + TOKEN_DAYS * DAY_MS
  return makeConnection({
    id: connectionId(n),
    userId: `user-${n}` as UserId,
    provider: providerOf(n),
    account: { id: `account-${n}`, email: `user-${n}@example.com`, name: `User ${n}` },
    createdAt: now,
    updatedAt: now,
    dueAt: expiresAt - DAY_MS,
    grant: makeGrant({
      id: newId('grt', IDS_FROM + n, tenBytes(n)),
      scope: ['calendar.readonly', 'email'],
      requestedScope: ['calendar.readonly', 'email'],
      token: makeToken({
        secret: new Secret(accessTokenOf(String(n))),
        issuedAt: now,
        expiresAt,
      }),
      refreshToken: new Secret(refreshTokenOf(n)),
    }),
  })
}

export function providerOf(n: number): ProviderId {
  return `bench-${n % PROVIDERS}` as ProviderId
}

function tenBytes(n: number): Uint8Array {
  const bytes = Buffer.alloc(10)
  bytes.writeUIntBE(n, 4, 6)
  return bytes
}
