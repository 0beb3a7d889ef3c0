import { describe, expect, test } from 'vitest'
import { afterRefresh } from '../../../src/core/refresh/after-refresh.ts'
import type { AttemptId, GrantId } from '../../../src/core/base/ids.ts'
import { machineGrant } from '../../../src/core/refresh/grant.ts'
import type { RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { MADE_AT, makeConnection } from '../../support/make-connection.ts'
import {
  NOW,
  notSent,
  lost,
  slow,
  dead,
  failed,
  unread,
  refused,
  attempt,
  earlier,
  type Change,
  end,
} from './attempt-ends.ts'

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
