import { describe, expect, test } from 'vitest'
import { afterEnd } from '../../../src/core/refresh/failure.ts'
import { afterRefresh, type AttemptEnd } from '../../../src/core/refresh/after-refresh.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import type { AttemptId, GrantId } from '../../../src/core/base/ids.ts'
import { machineGrant } from '../../../src/core/refresh/grant.ts'
import { UNKNOWN_TRAITS } from '../../../src/core/connection/provider.ts'
import type { ReceivedTokens, RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'
import { DEFAULT_REFRESH_POLICY } from '../../../src/core/refresh/refresh-policy.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { MADE_AT, makeConnection, makeGrant } from '../../support/make-connection.ts'

const HOUR = 3_600_000
const NOW = MADE_AT + HOUR

const tokens: ReceivedTokens = {
  accessToken: new Secret('access-2'),
  tokenType: 'Bearer',
  expiresInSeconds: 3600,
  refreshToken: new Secret('refresh-2'),
  refreshTokenExpiresInSeconds: null,
  scope: null,
  providerData: {},
}
const ok: RefreshOutcome = { kind: 'ok', tokens }
const dead: RefreshOutcome = { kind: 'grant_dead', detail: 'invalid_grant' }
const notSent: RefreshOutcome = { kind: 'not_sent', detail: 'refused' }
const lost = { kind: 'answer_lost', detail: 'reset', began: false } as const
const failed: RefreshOutcome = { kind: 'provider_failed', detail: '500' }
const unread = { kind: 'answer_unreadable', detail: 'no token' } as const
const refused = { kind: 'unknown_refusal', detail: 'no', evidence: 'none' } as const
const slow: RefreshOutcome = { kind: 'throttled', detail: '429', retryAfterMs: 120_000 }
const wrongClient: RefreshOutcome = { kind: 'client_config', detail: 'invalid_client' }

const attempt = { id: 'att_1' as AttemptId, sentAt: NOW - 200 }
const earlier = { id: 'att_0' as AttemptId, sentAt: NOW - 60_000 }

describe('a refresh that brings tokens', () => {
  const after = afterRefresh(makeConnection({ attempt: earlier }), ok, end())

  test("a refresh increments the generation, and the token's lifetime starts when the request is sent", () => {
    expect(after).toMatchObject({
      status: 'active',
      failure: null,
      attempt: null,
      lastRefreshedAt: NOW,
    })
    expect(after.grant.generation).toBe(2)
    expect(after.grant.token?.expiresAt).toBe(attempt.sentAt + HOUR)
    expect(after.grant.refreshToken?.open().expose()).toBe('refresh-2')
  })

  test('a refresh without a new refresh token keeps the old one', () => {
    const kept = afterRefresh(
      makeConnection(),
      { kind: 'ok', tokens: { ...tokens, refreshToken: null } },
      end(),
    )
    expect(kept.grant.refreshToken?.open().expose()).toBe('refresh-1')
    expect(kept.grant.generation).toBe(2)
  })

  test('a refresh stores a narrower scope, and keeps the old scope if the answer has none', () => {
    const narrower = afterRefresh(
      makeConnection(),
      { kind: 'ok', tokens: { ...tokens, scope: ['email'] } },
      end(),
    )
    expect(narrower.grant).toMatchObject({
      scope: ['email'],
      requestedScope: ['calendar', 'email'],
    })
    expect(after.grant.scope).toEqual(['calendar', 'email'])
  })

  test('a token that arrives already expired is refreshed at once, then after a minute', () => {
    const over = { kind: 'ok', tokens: { ...tokens, expiresInSeconds: 0 } } as const
    const first = afterRefresh(makeConnection(), over, end())
    expect(first.dueAt).toBe(attempt.sentAt)
    expect(afterRefresh(first, over, end()).dueAt).toBe(attempt.sentAt + 60_000)
  })

  test('a successful refresh makes a disconnected connection active', () => {
    expect(afterRefresh(disconnected(), ok, end())).toMatchObject({
      status: 'active',
      failure: null,
    })
  })
})

describe('outcomes that are not a dead grant', () => {
  test.each([
    ['not_sent', notSent, 'failing', 'provider_unavailable'],
    ['provider_failed', failed, 'failing', 'provider_unavailable'],
    ['answer_lost', lost, 'failing', 'provider_unavailable'],
    ['answer_unreadable', unread, 'failing', 'provider_unavailable'],
    ['unknown_refusal', refused, 'failing', 'provider_unavailable'],
    ['throttled', slow, 'failing', 'throttled'],
    ['client_config', wrongClient, 'active', undefined],
    ['grant_dead', dead, 'disconnected', 'revoked'],
  ])(
    'a refresh that ends as %s leaves the grant unchanged and sets the matching status',
    (_, outcome, status, reason) => {
      const after = afterRefresh(makeConnection(), outcome, end())
      expect([after.status, after.failure?.reason]).toEqual([status, reason])
      expect(after.grant).toBe(makeConnectionGrantOf(after))
    },
  )

  test('ten thousand transient failures leave a connection failing, with bounded waits', () => {
    let connection: LiveConnection = makeConnection()
    for (let i = 0; i < 10_000; i++) connection = afterRefresh(connection, lost, end())
    expect(connection.status).toBe('failing')
    expect(connection.failure).toMatchObject({ attempts: 10_000, since: NOW })
    expect((connection.dueAt ?? 0) - NOW).toBeLessThanOrEqual(
      DEFAULT_REFRESH_POLICY.backoffLongestMs,
    )
  })
})

describe('a refresh token that may be spent', () => {
  test.each<[string, RefreshOutcome, Change, boolean]>([
    ['provider_failed', failed, {}, true],
    ['provider_failed', failed, { replay: 'within-grace' }, false],
    ['provider_failed', failed, { replay: 'never' }, false],
    ['provider_failed after answer_lost', failed, { replay: 'never', earlier: lost }, true],
    ['answer_lost', lost, {}, true],
    ['answer_lost', lost, { replay: 'within-grace' }, true],
    ['answer_unreadable', unread, { replay: 'within-grace' }, true],
    ['unknown_refusal', refused, {}, false],
    ['unknown_refusal after answer_lost', refused, { earlier: lost }, true],
    ['throttled', slow, {}, false],
    ['throttled after provider_failed', slow, { earlier: failed }, true],
    ['throttled after provider_failed', slow, { earlier: failed, replay: 'within-grace' }, false],
  ])(
    'after the outcome %s the attempt stays on the row if the refresh token may be spent',
    (_, outcome, change, isOpen) => {
      const after = afterRefresh(makeConnection(), outcome, end(change))
      expect(after.attempt).toEqual(isOpen ? attempt : null)
    },
  )

  test('an attempt of a grant without a refresh token is not kept on the row', () => {
    const connection = makeConnection({
      grant: machineGrant('grt_1' as GrantId, []),
    })
    const after = afterRefresh(connection, lost, end({ replay: 'never' }))
    expect(after).toMatchObject({ status: 'failing', attempt: null })
  })

  test('an attempt with unknown outcome stays on the row if the next attempt is not sent', () => {
    const connection = makeConnection({ attempt: earlier })
    expect(afterRefresh(connection, notSent, end()).attempt).toEqual(earlier)
  })

  test('a dead grant gets the reason interrupted if an earlier attempt had an unknown outcome', () => {
    const connection = makeConnection({ attempt: earlier })
    expect(afterRefresh(connection, dead, end()).failure?.reason).toBe('interrupted')
    expect(afterRefresh(makeConnection(), dead, end({ earlier: lost })).failure?.reason).toBe(
      'interrupted',
    )
  })

  test('an attempt with unknown outcome disconnects the connection at once if the provider forbids a replay', () => {
    const after = afterRefresh(makeConnection(), lost, end({ replay: 'never' }))
    expect(after).toMatchObject({ status: 'disconnected', dueAt: null })
    expect(after.failure?.reason).toBe('interrupted')
  })

  test('a refresh token from a broken answer replaces the old refresh token', () => {
    const salvaged = new Secret('refresh-salvaged')
    const after = afterRefresh(makeConnection(), { ...lost, salvaged }, end())
    expect(after).toMatchObject({ status: 'failing', attempt: null })
    expect(after.grant).toMatchObject({ generation: 2, refreshToken: salvaged })
  })
})

test('a Retry-After longer than the back-off decides when the next attempt is due', () => {
  expect(afterRefresh(makeConnection(), slow, end()).dueAt).toBe(NOW + 120_000)
})

test('a refused own client makes only its connection failing', () => {
  const after = afterRefresh(makeConnection(), wrongClient, end({ ownClient: true }))
  expect(after).toMatchObject({ status: 'failing', failure: { reason: 'provider_misconfigured' } })
})

test("a bad address from a connection's own parameter makes that connection failing", () => {
  const after = afterRefresh(makeConnection(), { ...wrongClient, isOwn: true }, end())
  expect(after).toMatchObject({ status: 'failing', failure: { reason: 'provider_misconfigured' } })
})

test('a connection whose refresh failed because of the client configuration is due after the others', () => {
  const due = { ...makeConnection(), dueAt: NOW - 1 }
  const after = afterRefresh(due, wrongClient, end())
  expect(after).toMatchObject({ status: 'active', failure: null, dueAt: NOW + 600_000 })
  const probed = afterRefresh(disconnected(), wrongClient, end())
  expect(probed).toMatchObject({ status: 'disconnected', dueAt: NOW + HOUR })
})

test('a dead grant gets the reason expired if its stated expiry has passed', () => {
  const connection = makeConnection({ grant: makeGrant({ refreshTokenExpiresAt: NOW - 1 }) })
  expect(afterRefresh(connection, dead, end()).failure?.reason).toBe('expired')
})

test('a dead grant is probed ten times, after growing waits', () => {
  let connection: LiveConnection = makeConnection()
  const hours = []
  for (let i = 0; i < 11; i++) {
    connection = afterRefresh(connection, dead, end())
    hours.push(connection.dueAt === null ? null : (connection.dueAt - NOW) / HOUR)
  }
  expect(hours).toEqual([1, 6, 24, 24, 24, 24, 24, 24, 24, 24, null])
})

test('a probe without a clear result leaves a disconnected connection unchanged', () => {
  for (const outcome of [notSent, lost, slow]) {
    const after = afterRefresh(disconnected(), outcome, end())
    expect(after).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'revoked', attempts: 1 },
    })
    expect(after.dueAt).toBe(NOW + HOUR)
  }
})

test('a connection without a refresh token is disconnected when its token expires, and is not probed', () => {
  const after = afterEnd(
    makeConnection({ grant: makeGrant({ refreshToken: null }) }),
    'no_refresh_token',
    NOW,
  )
  expect(after).toMatchObject({
    status: 'disconnected',
    dueAt: null,
    failure: { reason: 'no_refresh_token' },
  })
})

type Change = {
  earlier?: RefreshOutcome
  replay?: 'never' | 'within-grace'
  ownClient?: boolean
}

function end(changes: Change = {}): AttemptEnd {
  return {
    now: NOW,
    attempt,
    earlier: changes.earlier ?? null,
    tokenId: 't_2',
    othersRefreshed: false,
    ownClient: changes.ownClient ?? false,
    provider: {
      refresh: {
        ...UNKNOWN_TRAITS,
        replay: changes.replay ?? 'allowed',
        graceMs: 30_000,
      },
    },
    policy: DEFAULT_REFRESH_POLICY,
    fraction: 0,
  }
}

function disconnected(): LiveConnection {
  const failure = {
    reason: 'revoked',
    detail: 'invalid_grant',
    since: MADE_AT,
    attempts: 1,
  } as const
  return { ...makeConnection(), status: 'disconnected', failure, dueAt: NOW }
}

/** A failure leaves the grant untouched. */
function makeConnectionGrantOf(after: LiveConnection) {
  expect(after.grant.generation).toBe(1)
  expect(after.grant.refreshToken?.open().expose()).toBe('refresh-1')
  return after.grant
}

describe('a lost rotation within the grace of the provider', () => {
  const justNow = { id: 'att_0' as AttemptId, sentAt: NOW - 5_000 }
  const long = {
    reason: 'provider_unavailable',
    detail: 'x',
    since: MADE_AT,
    attempts: 20,
  } as const

  test.each([
    ['a long back-off', lost],
    ['a Retry-After', slow],
    ['a refused TCP connection', notSent],
  ])('%s does not delay the rescue of a lost rotation within the grace', (_, outcome) => {
    const failing = {
      ...makeConnection({ attempt: justNow }),
      status: 'failing',
      failure: long,
    } as const
    const after = afterRefresh(failing, outcome, end())
    expect((after.dueAt ?? 0) - NOW).toBeLessThanOrEqual(6_000)
  })

  test('rescues end, because the grace counts from the first attempt', () => {
    const before = makeConnection({ attempt: justNow })
    expect(afterRefresh(before, lost, end()).attempt?.sentAt).toBe(justNow.sentAt)
    const over = makeConnection({ attempt: { ...justNow, sentAt: NOW - 31_000 } })
    const after = afterRefresh(over, lost, end())
    expect(after.attempt).toEqual(end().attempt)
  })

  test('after the grace, a lost rotation follows the ordinary back-off', () => {
    const old = { ...justNow, sentAt: NOW - 31_000 }
    const failing = {
      ...makeConnection({ attempt: old }),
      status: 'failing',
      failure: long,
    } as const
    expect(afterRefresh(failing, slow, end()).dueAt).toBe(NOW + 450_000)
  })
})
