import { expect, test } from 'vitest'
import { check, expectNoViolation } from '../checker/check.ts'
import type { Limits } from '../checker/limits.ts'
import { latenessOf } from '../checker/load.ts'
import type { Observations, SeenConnection, ServedToken } from '../checker/observations.ts'
import { lostRotations } from '../checker/stored.ts'
import type { Truth } from '../truth.ts'
import {
  accessToken,
  LIFE_MS,
  LOST,
  madeTruth,
  refresh,
  refreshToken,
  REFUSED,
  SEED,
} from './made-truth.ts'

function broken(truth: Truth, seen: Observations, limits: Partial<Limits> = {}): string[] {
  return check(truth, seen, limits).map(({ invariant }) => invariant)
}

const served: ServedToken = {
  family: 'f0',
  accessToken: accessToken(0),
  askedAt: 1_000,
  answeredAt: 1_005,
  minTtlMs: 60_000,
}

test.each<[string, Partial<ServedToken>, string[]]>([
  ['a valid token', {}, []],
  ['a token with just enough lifetime left', { askedAt: LIFE_MS - 60_000 }, []],
  ['a token with too little lifetime left', { askedAt: LIFE_MS - 59_000 }, ['I4']],
  ['an expired token', { askedAt: LIFE_MS + 1, minTtlMs: 0 }, ['I4']],
  ['a token that was never issued', { accessToken: 'made up' }, ['I4']],
  ['the token of another grant', { family: 'f7' }, ['I4']],
  [
    'a token with half its lifetime left, if it never had the demanded lifetime',
    { minTtlMs: 2 * LIFE_MS },
    [],
  ],
  [
    'a token with less than half its lifetime left',
    { minTtlMs: 2 * LIFE_MS, askedAt: LIFE_MS * 0.6 },
    ['I4'],
  ],
])('the check of I4 gives the expected result for a read that serves %s', (_, how, expected) => {
  const one = { ...served, ...how }
  expect(broken(madeTruth(), { served: [one] })).toEqual(expected)
})

test('I4 says for how long a served token had been expired', () => {
  const [violation] = check(madeTruth(), { served: [{ ...served, askedAt: LIFE_MS + 10 }] })
  expect(violation?.message).toContain('a token was served 10 ms after its expiry')
})

test('I4 forbids serving a token that a refresh has ended', () => {
  const truth = madeTruth([refresh(500, 0)])
  const [family] = truth.families
  const accessTokens = family?.accessTokens.map((token) =>
    token.ordinal === 0 ? { ...token, endedAt: 501, endedBy: 'rotation' as const } : token,
  )
  const ended = madeTruth([refresh(500, 0)], { family: { accessTokens: accessTokens ?? [] } })
  expect(broken(ended, { served: [served] })).toEqual([])
  expect(broken(ended, { served: [{ ...served, askedAt: 9_000 }] })).toEqual(['I4'])
})

const seenAs = (how: Partial<SeenConnection>): Observations => ({
  connections: [
    { family: 'f0', status: 'active', reason: null, alive: true, seenAt: 100_000, ...how },
  ],
})
const dead = (reason: string): Partial<SeenConnection> => ({
  status: 'disconnected',
  alive: false,
  reason,
})

test.each<[string, Partial<SeenConnection>, string[]]>([
  ['active', {}, []],
  ['disconnected', dead('revoked'), ['I5']],
  ['failing long after a success', { status: 'failing' }, ['I5']],
  ['failing right after a success', { status: 'failing', seenAt: 600 }, []],
  ['missing', { status: 'missing' }, ['I5']],
  ['alive without a live token', { seenAt: LIFE_MS * 2 }, ['I5']],
  ['of an unknown grant', { family: 'f9' }, ['I5']],
])(
  'the check of I5 gives the expected result for a valid grant shown as %s',
  (_, how, expected) => {
    expect(broken(madeTruth([refresh(500, 0)]), seenAs(how))).toEqual(expected)
  },
)

test('I5 allows disconnected with the right reason after a refusal', () => {
  const lied = madeTruth([refresh(500, 0, REFUSED)])
  expect(broken(lied, seenAs(dead('revoked')))).toEqual([])
  const spent = madeTruth([
    refresh(500, 0, LOST),
    refresh(900, 0, { ...REFUSED, standing: 'spent' }),
  ])
  expect(broken(spent, seenAs(dead('interrupted')))).toEqual([])
  expect(broken(spent, seenAs(dead('revoked')))).toEqual(['I5'])
})

test.each<[string, 'user' | 'reuse' | 'idle', Partial<SeenConnection>, string[]]>([
  ['revoked by the user, shown as revoked', 'user', dead('revoked'), []],
  ['revoked by the user, shown as interrupted', 'user', dead('interrupted'), ['I5']],
  ['expired by idleness, shown as expired', 'idle', dead('expired'), []],
  ['revoked for reuse, shown as interrupted', 'reuse', dead('interrupted'), []],
  ['revoked for reuse, shown as revoked', 'reuse', dead('revoked'), ['I5']],
  ['revoked with a plain refusal, still shown as active', 'user', {}, ['I5']],
  ['revoked with a plain refusal a moment ago, still shown as active', 'user', { seenAt: 600 }, []],
])('the check of I5 gives the expected result for a grant %s', (_, cause, how, expected) => {
  const revoked = { at: 400, cause }
  const truth = madeTruth([refresh(500, 0, REFUSED)], { family: { revoked } })
  expect(broken(truth, seenAs(how))).toEqual(expected)
})

test('I5 allows revoked and interrupted for a grant that ended while an attempt had no answer', () => {
  const family = { revoked: { at: 400, cause: 'user' } } as const
  const told = madeTruth([refresh(300, 0, LOST), refresh(500, 0, REFUSED)], { family })
  expect(broken(told, seenAs(dead('interrupted')))).toEqual([])
  expect(broken(told, seenAs(dead('revoked')))).toEqual([])
  const plain = madeTruth([refresh(300, 0), refresh(500, 1, REFUSED)], { family })
  expect(broken(plain, seenAs(dead('interrupted')))).toEqual(['I5'])
})

test('I5 allows interrupted after a request that was cut off unread if replays are forbidden', () => {
  const unread = { ...LOST, issued: null, family: null, presented: null, readAt: null }
  const interrupted = seenAs(dead('interrupted'))
  const never = { replay: 'never' } as const
  expect(broken(madeTruth([refresh(500, 0, unread)]), interrupted, never)).toEqual([])
  expect(broken(madeTruth([refresh(500, 0, unread)]), interrupted)).toEqual(['I5'])
  // A refresh has succeeded since.
  const since = [refresh(300, 0, unread), refresh(500, 0)]
  expect(broken(madeTruth(since), interrupted, never)).toEqual(['I5'])
})

test('I5 requires that the end of a grant is noticed in time if the limits promise this', () => {
  const truth = madeTruth([], { family: { revoked: { at: 400, cause: 'user' } } })
  expect(broken(truth, seenAs({}))).toEqual([])
  expect(broken(truth, seenAs({}), { noticeMs: 60_000 })).toEqual(['I5'])
})

test('I6 reports leaked secrets and followed redirects', () => {
  expect(broken(madeTruth(), { leaks: ['the log'] })).toEqual(['I6'])
  const sink = { connections: 1, bytes: 200, text: 'POST /token' }
  expect(broken(madeTruth([], { truth: { sink } }), {})).toEqual(['I6'])
})

const deletion = { family: 'f0', at: 1_000, revokes: false } as const

test.each<[string, Truth, Observations, string[]]>([
  ['missing', madeTruth(), seenAs({ status: 'missing' }), []],
  ['refreshed', madeTruth([refresh(5_000, 0)]), {}, ['I7']],
  ['listed', madeTruth(), seenAs({}), ['I7']],
  ['served', madeTruth(), { served: [{ ...served, askedAt: 2_000 }] }, ['I7']],
])(
  'the check of I7 gives the expected result for a deleted connection that is %s',
  (_, truth, seen, expected) => {
    expect(broken(truth, { ...seen, deletions: [deletion] })).toEqual(expected)
  },
)

test('I7 requires that a deleted grant is revoked if the deletion asked for this', () => {
  const deletions = [{ ...deletion, revokes: true }]
  expect(broken(madeTruth(), { deletions })).toEqual(['I7'])
  const justNow = madeTruth([], { truth: { now: 2_500 } })
  expect(broken(justNow, { deletions })).toEqual([])
  const revoked = { at: 1_100, cause: 'revocation_endpoint' } as const
  expect(broken(madeTruth([], { family: { revoked } }), { deletions })).toEqual([])
})

test('I8 compares the 99th percentile of lateness with its limit', () => {
  const latenessMs = [...Array.from({ length: 99 }, () => 10), 5_000]
  expect(broken(madeTruth(), { latenessMs }, { latenessP99Ms: 10 })).toEqual([])
  expect(
    broken(madeTruth(), { latenessMs: [...latenessMs, 5_000] }, { latenessP99Ms: 10 }),
  ).toEqual(['I8'])
  expect(latenessOf(madeTruth([refresh(LIFE_MS + 500, 0)]))).toEqual([501])
})

test.each<[string, Truth, Observations, string[]]>([
  ['the current token', madeTruth([refresh(100, 0)]), {}, []],
  ['a token whose successor was delivered', madeTruth([refresh(100, 0)]), {}, ['I9']],
  ['a token whose successor was lost on the way', madeTruth([refresh(100, 0, LOST)]), {}, []],
  [
    'a token whose successor was perhaps unreadable',
    madeTruth([refresh(100, 0, { told: 'perhaps' })]),
    {},
    [],
  ],
  [
    'a token whose successor a kill kept from being stored',
    madeTruth([refresh(100, 0)]),
    { kills: [115] },
    [],
  ],
  [
    'a token whose successor was lost although the kill was late',
    madeTruth([refresh(100, 0)]),
    { kills: [200] },
    ['I9'],
  ],
])(
  'the check of I9 gives the expected result for a vault that holds %s',
  (what, truth, seen, expected) => {
    const token = refreshToken(what === 'the current token' ? 1 : 0)
    expect(broken(truth, { ...seen, stored: [{ family: 'f0', refreshToken: token }] })).toEqual(
      expected,
    )
  },
)

test('I9 reports an unknown token, and a lost rotation that a restart could have rescued within the grace', () => {
  expect(broken(madeTruth(), { stored: [{ family: 'f0', refreshToken: 'made up' }] })).toEqual([
    'I9',
  ])
  const truth = madeTruth([refresh(100, 0)], { options: { profile: 'grace' } })
  const seen = {
    kills: [110],
    starts: [300],
    stored: [{ family: 'f0', refreshToken: refreshToken(0) }],
  } as const
  expect(broken(truth, seen)).toEqual(['I9'])
})

test('lost rotations are listed with the time that Larder had to store them', () => {
  const stored = [{ family: 'f0', refreshToken: refreshToken(0) }] as const
  expect(lostRotations(madeTruth([refresh(100, 0)]), { kills: [105], stored })).toEqual([
    { family: 'f0', request: 100, gapMs: 3, excused: true },
  ])
})

test.each<[Partial<Limits>, string[]]>([
  [{ requests: 3 }, []],
  [{ requests: 2 }, ['I10']],
  [{ requestsOfEach: 2 }, ['I10']],
  [{ requestsPerSecond: 2 }, []],
  [{ requestsPerSecond: 1 }, ['I10']],
  [{ requestsAtOnce: 1 }, []],
  [{ requestsAtOnce: 0 }, ['I10']],
])(
  'the check of I10 gives the expected result for three requests with the limits %j',
  (limits, expected) => {
    const truth = madeTruth([refresh(100, 0), refresh(900, 1), refresh(9_000, 2)])
    expect(broken(truth, {}, limits)).toEqual(expected)
  },
)

test('I10 counts open requests in whatever order they end', () => {
  const long = refresh(100, 0, { closedAt: 900 })
  const truth = madeTruth([long, refresh(200, 1), refresh(300, 2)])
  expect(broken(truth, {}, { requestsAtOnce: 2 })).toEqual([])
  expect(broken(truth, {}, { requestsAtOnce: 1 })).toEqual(['I10'])
})

test('a failed expectation starts with the seed', () => {
  expect(() => expectNoViolation(madeTruth(), { leaks: ['the log'] })).toThrow(
    `SCRIPTED_PROVIDER_SEED=${SEED}\nI6: a secret was found in the log`,
  )
  expect(() => expectNoViolation(madeTruth())).not.toThrow()
})
