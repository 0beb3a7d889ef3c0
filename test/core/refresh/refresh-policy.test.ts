import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/core/connection/connection.ts'
import {
  backoffMs,
  decideRead,
  DEFAULT_REFRESH_POLICY,
  expiryOf,
  probeWaitMs,
  refreshPoint,
} from '../../../src/core/refresh/refresh-policy.ts'
import { MADE_AT, makeConnection, makeGrant, makeToken } from '../../support/make-connection.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const demand = { minTtlMs: MINUTE, rejected: null }
const failure = {
  reason: 'provider_unavailable',
  detail: 'x',
  since: MADE_AT,
  attempts: 1,
} as const

describe('when a refresh is due', () => {
  test.each([
    ['at four fifths of a lifetime of an hour', HOUR, 48 * MINUTE],
    ['at four fifths of a lifetime of ten hours', 10 * HOUR, 8 * HOUR],
    ['five minutes before the end of a lifetime of twelve minutes', 12 * MINUTE, 7 * MINUTE],
    ['at half of a lifetime of thirty seconds', 30_000, 15_000],
    ['at once if the lifetime is zero', 0, 0],
  ])('a token is due for a refresh: %s', (_, life, after) => {
    const token = makeToken({ expiresAt: MADE_AT + life })
    expect(refreshPoint(token, DEFAULT_REFRESH_POLICY, 0)).toBe(MADE_AT + after)
  })

  test('jitter spreads the due time of a refresh over a tenth of the margin', () => {
    const token = makeToken()
    const latest = refreshPoint(token, DEFAULT_REFRESH_POLICY, 0)
    expect(latest - refreshPoint(token, DEFAULT_REFRESH_POLICY, 0.999)).toBeCloseTo(
      1.2 * MINUTE,
      -3,
    )
  })

  test('a token without a stated expiry is due for a refresh after 50 minutes', () => {
    const point = refreshPoint(makeToken({ expiresAt: null }), DEFAULT_REFRESH_POLICY, 0)
    expect(point - MADE_AT).toBe(50 * MINUTE)
  })

  test('every token is due for a refresh before it expires', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 * 24 * HOUR }),
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        (life, fraction) => {
          const token = makeToken({ expiresAt: MADE_AT + life })
          const point = refreshPoint(token, DEFAULT_REFRESH_POLICY, fraction)
          return point >= MADE_AT && point <= MADE_AT + life
        },
      ),
    )
  })
})

describe('the decision of a token read', () => {
  test.each([
    [0, 'serve'],
    [47 * MINUTE, 'serve'],
    [48 * MINUTE, 'serve and refresh'],
    [59 * MINUTE, 'serve and refresh'],
    [59 * MINUTE + 1, 'refresh'],
    [2 * HOUR, 'refresh'],
  ])(
    'a token read %d ms after the issue of a one-hour token has the decision: %s',
    (age, expected) => {
      expect(said(decideRead(makeConnection(), demand, MADE_AT + age))).toBe(expected)
    },
  )

  test.each([
    [0, 59 * MINUTE + 59_999, 'serve and refresh'],
    [0, HOUR, 'refresh'],
    [1800, 29 * MINUTE, 'serve'],
    [1800, 31 * MINUTE, 'refresh'],
  ])(
    'a token read with minTtlSeconds %d, %d ms after the issue, has the decision: %s',
    (seconds, age, expected) => {
      const wish = { minTtlMs: seconds * 1000, rejected: null }
      expect(said(decideRead(makeConnection(), wish, MADE_AT + age))).toBe(expected)
    },
  )

  test.each([
    [14_999, 'serve short-lived'],
    [15_000, 'serve short-lived'],
    [15_001, 'refresh'],
  ])(
    'a token read %d ms after the issue of a thirty-second token has the decision: %s',
    (age, expected) => {
      const grant = makeGrant({ token: makeToken({ expiresAt: MADE_AT + 30_000 }) })
      const connection = makeConnection({ grant, dueAt: MADE_AT + 20_000 })
      expect(said(decideRead(connection, demand, MADE_AT + age))).toBe(expected)
    },
  )

  test('a token read refreshes if the caller rejects the current token, but not if the caller rejects an older one', () => {
    const now = MADE_AT + MINUTE
    const about = (rejected: string) => decideRead(makeConnection(), { ...demand, rejected }, now)
    expect(said(about('t_1'))).toBe('refresh')
    expect(said(about('t_0'))).toBe('serve')
  })

  test('a token read that rejects a freshly refreshed token refreshes at once', () => {
    const refreshed = makeConnection({ lastRefreshedAt: MADE_AT })
    const about = { ...demand, rejected: 't_1' }
    for (const age of [0, 1, MINUTE - 1, MINUTE]) {
      expect(said(decideRead(refreshed, about, MADE_AT + age))).toBe('refresh')
    }
  })

  test('a token read waits a minute if the caller rejects the replacement of a rejected token', () => {
    const report = { stands: false, refreshFrom: MADE_AT + MINUTE }
    const grant = makeGrant({ token: makeToken({ report }) })
    const replaced = makeConnection({ grant, lastRefreshedAt: MADE_AT })
    const about = (rejected: string | null, age: number) =>
      decideRead(replaced, { ...demand, rejected }, MADE_AT + age)
    expect(about('t_1', MINUTE - 1)).toEqual({ kind: 'wait', retryAt: MADE_AT + MINUTE })
    expect(said(about('t_1', MINUTE))).toBe('refresh')
    expect(said(about(null, 0))).toBe('serve')
    // Written before the clock was set back.
    expect(said(about('t_1', -3 * MINUTE))).toBe('refresh')
  })

  test('a token read never serves a token that was reported as rejected', () => {
    const report = { stands: true, refreshFrom: MADE_AT }
    const grant = makeGrant({ token: makeToken({ report }) })
    expect(said(decideRead(makeConnection({ grant }), demand, MADE_AT + 1))).toBe('refresh')
    const single = makeConnection({ grant: { ...grant, refreshToken: null } })
    expect(said(decideRead(single, demand, MADE_AT + 1))).toBe('reconnect_required')
  })

  test('a token read of a failing connection serves a live token, and without one waits for the back-off', () => {
    const failing: Connection = {
      ...makeConnection(),
      status: 'failing',
      failure: { ...failure, reason: 'throttled' },
      dueAt: MADE_AT + 2 * HOUR,
    }
    expect(said(decideRead(failing, demand, MADE_AT + 50 * MINUTE))).toBe('serve')
    const late = decideRead(failing, demand, MADE_AT + HOUR)
    expect(late).toEqual({ kind: 'wait', retryAt: MADE_AT + 2 * HOUR })
    expect(said(decideRead(failing, demand, MADE_AT + 2 * HOUR))).toBe('refresh')
  })

  test.each([
    [0, 2_000],
    [20_000, 10_000],
    [24 * HOUR, 60_000],
  ])(
    'a token read in an outage of %d ms waits %d ms, and never longer than the back-off',
    (lasts, waitMs) => {
      const at = MADE_AT + HOUR
      const failing = (dueAt: number): Connection => ({
        ...makeConnection(),
        status: 'failing',
        failure: { ...failure, since: at - lasts },
        updatedAt: at,
        dueAt,
      })
      const retryAt = at + waitMs
      expect(decideRead(failing(at + 2 * HOUR), demand, at + 1)).toEqual({ kind: 'wait', retryAt })
      expect(said(decideRead(failing(at + 2 * HOUR), demand, retryAt))).toBe('refresh')
      expect(said(decideRead(failing(at + 1), demand, at + 1))).toBe('refresh')
      const rejections = { answer: 'x', since: at, times: 1 }
      const rejected = {
        ...failing(at + 2 * HOUR),
        failure: { ...failure, rejections },
      } as Connection
      expect(decideRead(rejected, demand, at + HOUR)).toEqual({
        kind: 'wait',
        retryAt: at + 2 * HOUR,
      })
    },
  )

  test('a token read of a disconnected connection serves a live token and never refreshes', () => {
    const dead: Connection = {
      ...makeConnection(),
      status: 'disconnected',
      failure: { ...failure, reason: 'revoked' },
      dueAt: MADE_AT,
    }
    expect(said(decideRead(dead, demand, MADE_AT + 58 * MINUTE))).toBe('serve')
    expect(said(decideRead(dead, demand, MADE_AT + 60 * MINUTE))).toBe('reconnect_required')
  })

  test('a token read without a refresh token returns reconnect_required once the token has expired', () => {
    const grant = makeGrant({ refreshToken: null })
    const connection = makeConnection({ grant, dueAt: MADE_AT + HOUR })
    expect(said(decideRead(connection, demand, MADE_AT + 58 * MINUTE))).toBe('serve')
    expect(said(decideRead(connection, demand, MADE_AT + HOUR))).toBe('reconnect_required')
  })

  test('a token read refreshes at once if the token was issued under a clock that was ahead', () => {
    const issuedAt = MADE_AT + 24 * HOUR
    const grant = makeGrant({ token: makeToken({ issuedAt, expiresAt: issuedAt + HOUR }) })
    const connection = makeConnection({ grant, lastRefreshedAt: MADE_AT })
    const about = { ...demand, rejected: 't_1' }
    expect(said(decideRead(connection, about, MADE_AT))).toBe('refresh')
    const failing = { ...connection, status: 'failing', failure, dueAt: MADE_AT + HOUR } as const
    expect(said(decideRead(failing, about, MADE_AT))).toBe('refresh')
  })

  test('a token read refreshes a token that arrived already expired only after a minute', () => {
    const grant = makeGrant({ token: makeToken({ expiresAt: MADE_AT }) })
    const connection = makeConnection({ grant, lastRefreshedAt: MADE_AT, dueAt: MADE_AT })
    expect(said(decideRead(connection, demand, MADE_AT + 1))).toBe('wait')
    expect(said(decideRead(connection, demand, MADE_AT + MINUTE))).toBe('refresh')
  })

  test('a token read never serves an expired token or a token with less than the requested time to live', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 * HOUR }),
        fc.integer({ min: 0, max: 2 * HOUR }),
        fc.integer({ min: 0, max: 2 * HOUR }),
        (age, life, minTtlMs) => {
          const grant = makeGrant({ token: makeToken({ expiresAt: MADE_AT + life }) })
          const decision = decideRead(
            makeConnection({ grant }),
            { minTtlMs, rejected: null },
            MADE_AT + age,
          )
          if (decision.kind !== 'serve') return true
          const left = life - age
          return left > 0 && (left >= minTtlMs || (decision.shortLived && left >= life / 2))
        },
      ),
    )
  })
})

test.each([
  [1, 10_000],
  [2, 20_000],
  [7, 640_000],
  [8, 900_000],
  [5_000, 900_000],
])(
  'the back-off after %d failures is at most %d ms and at least half of it',
  (attempts, longest) => {
    expect(backoffMs(attempts, DEFAULT_REFRESH_POLICY, 0)).toBe(longest / 2)
    expect(backoffMs(attempts, DEFAULT_REFRESH_POLICY, 0.9999)).toBeLessThanOrEqual(longest)
  },
)

test('a dead grant is probed after 1 h, after 6 h, then daily for eight days, then never', () => {
  const hours = Array.from({ length: 12 }, (_, i) => probeWaitMs(i)).map((ms) => ms && ms / HOUR)
  expect(hours).toEqual([1, 6, 24, 24, 24, 24, 24, 24, 24, 24, null, null])
})

test.each([
  [3600, null, HOUR],
  [2, null, 2_000],
  [0, 1_800_000, 0],
  [-5, null, 0],
  [null, 1_800_000, 1_800_000],
])(
  'a token with a stated lifetime of %s s, and %s ms by the preset, expires after %s ms',
  (stated, known, after) => {
    expect(expiryOf(MADE_AT, stated, { accessTokenLifetimeMs: known })).toBe(MADE_AT + after)
  },
)

test('a token whose lifetime is unknown never expires', () => {
  expect(expiryOf(MADE_AT, null, { accessTokenLifetimeMs: null })).toBeNull()
})

function said(decision: ReturnType<typeof decideRead>): string {
  if (decision.kind === 'refuse') return decision.code
  if (decision.kind !== 'serve') return decision.kind
  if (decision.refreshBehind) return 'serve and refresh'
  return decision.shortLived ? 'serve short-lived' : 'serve'
}
