import fc from 'fast-check'
import { type GrantOwner, UNKNOWN_OWNER } from '../../src/core/connection/connection.ts'
import type { Connection, FailureReason, Grant } from '../../src/core/connection/connection.ts'
import {
  type AttemptId,
  type ConnectionId,
  type GrantId,
  newId,
  type ProviderId,
  type UserId,
} from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const secret = text.map((value) => new Secret(value))
const instant = fc.integer({ min: 0, max: 4e12 })
const ulid = fc.uint8Array({ minLength: 10, maxLength: 10 })
const json = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })).map(withoutNegativeZero)
const strings = fc.dictionary(text, text)

const grantCommon = {
  id: ulid.map((random): GrantId => newId('grt', 1, random)),
  generation: fc.nat(),
  requestedScope: fc.array(text),
  scope: fc.array(text),
}

const token = fc.option(
  fc.record({
    tokenId: text,
    secret,
    tokenType: text,
    issuedAt: instant,
    expiresAt: fc.option(instant),
  }),
)

const none = fc.constant(null)

const owner: fc.Arbitrary<GrantOwner> = fc.oneof(
  fc.record({ is: fc.constant('proven'), accountId: text }),
  fc.record({
    is: fc.constant('unproven'),
    told: fc.option(fc.record({ id: fc.option(text), email: fc.option(text), name: none })),
  }),
  fc.constant(UNKNOWN_OWNER),
)

const grant: fc.Arbitrary<Grant> = fc.oneof(
  fc.record({
    ...grantCommon,
    kind: fc.constant('oauth'),
    token,
    refreshToken: fc.option(secret),
    issuedTo: fc.option(text),
    owner,
    refreshTokenExpiresAt: fc.option(instant),
    endNoticeAt: fc.option(instant),
  }),
  fc.record({
    ...grantCommon,
    kind: fc.constant('machine'),
    token,
    refreshToken: none,
    refreshTokenExpiresAt: none,
    endNoticeAt: none,
  }),
  fc.record({
    ...grantCommon,
    kind: fc.constant('credentials'),
    credentials: fc.oneof(
      fc.record({
        kind: fc.constant('basic'),
        tokenId: text,
        username: text,
        password: secret,
      }),
      fc.record({ kind: fc.constant('api_key'), tokenId: text, apiKey: secret }),
    ),
    token: none,
    refreshToken: none,
    refreshTokenExpiresAt: none,
    endNoticeAt: none,
  }),
)

const failure = fc.record({
  reason: fc.constantFrom<FailureReason>('revoked', 'interrupted', 'throttled', 'unreadable'),
  detail: text,
  since: instant,
  attempts: fc.nat(),
})

const common = {
  id: ulid.map((random): ConnectionId => newId('con', 1, random)),
  userId: text.map((value) => value as UserId),
  provider: fc.constantFrom('acme', 'odd').map((value) => value as ProviderId),
  account: fc.record({ id: fc.option(text), email: fc.option(text), name: fc.option(text) }),
  label: fc.option(text),
  metadata: json,
  params: strings,
  providerData: json,
  client: fc.option(fc.record({ id: text, secret: fc.option(secret) })),
  draft: fc.option(
    fc.record({
      replaces: fc.option(ulid.map((random): ConnectionId => newId('con', 2, random))),
    }),
  ),
  createdAt: instant,
  updatedAt: instant,
  lastRefreshedAt: fc.option(instant),
  lastReadAt: fc.option(instant),
}

const live = {
  ...common,
  grant,
  attempt: fc.option(
    fc.record({
      id: ulid.map((random): AttemptId => newId('att', 1, random)),
      sentAt: instant,
    }),
  ),
  dueAt: fc.option(instant),
}

/** Any connection: every member of the union, with any values. */
export const anyConnection: fc.Arbitrary<Connection> = fc.oneof(
  fc.record({ ...common, status: fc.constant('pending') }),
  fc.record({ ...live, status: fc.constant('active'), failure: fc.constant(null) }),
  fc.record({ ...live, status: fc.constant('failing'), failure }),
  fc.record({ ...live, status: fc.constant('disconnected'), failure }),
)

/** JSON has no negative zero. */
function withoutNegativeZero<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
