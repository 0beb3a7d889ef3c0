import { describe, expect, test } from 'vitest'
import { afterRefresh } from '../../../src/core/refresh/after-refresh.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { DEFAULT_REFRESH_POLICY } from '../../../src/core/refresh/refresh-policy.ts'
import { makeConnection } from '../../support/make-connection.ts'
import {
  HOUR,
  NOW,
  notSent,
  lost,
  slow,
  dead,
  failed,
  unread,
  refused,
  wrongClient,
  attempt,
  earlier,
  end,
  disconnected,
  tokens,
  ok,
} from './attempt-ends.ts'

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

/** A failure leaves the grant untouched. */
function makeConnectionGrantOf(after: LiveConnection) {
  expect(after.grant.generation).toBe(1)
  expect(after.grant.refreshToken?.open().expose()).toBe('refresh-1')
  return after.grant
}
