import { expect, test } from 'vitest'
import { check } from '../checker/check.ts'
import type { Limits } from '../checker/limits.ts'
import type { Observations } from '../checker/observations.ts'
import type { Truth } from '../truth.ts'
import { LOST, madeTruth, refresh, REFUSED, SEED } from './made-truth.ts'

function broken(truth: Truth, seen: Observations = {}, limits: Partial<Limits> = {}): string[] {
  return check(truth, seen, limits).map(({ invariant }) => invariant)
}

const overlap = {
  family: 'f0',
  first: 1,
  second: 2,
  from: 100,
  to: 104,
  firstAborted: false,
} as const

test('a correct run violates no invariant', () => {
  expect(check(madeTruth([refresh(100, 0), refresh(4_000, 1)]))).toEqual([])
})

test('a violation names its invariant, its family and the seed', () => {
  const [violation] = check(madeTruth([], { truth: { overlaps: [overlap] } }))
  expect(violation).toEqual({
    invariant: 'I1',
    family: 'f0',
    message: `I1 f0: requests 1 and 2 were open at once for 4 ms (seed ${SEED})`,
  })
})

test.each([
  ['two requests at once, even for 0.2 ms', { ...overlap, to: 100.2 }, ['I1']],
  ['two requests at once, still open', { ...overlap, to: null }, ['I1']],
  ['two at once right after the client aborted the first', { ...overlap, firstAborted: true }, []],
  [
    'two at once long after the client aborted the first',
    { ...overlap, to: 300, firstAborted: true },
    ['I1'],
  ],
])('the check of I1 gives the expected result for %s', (_, one, expected) => {
  expect(broken(madeTruth([], { truth: { overlaps: [one] } }))).toEqual(expected)
})

const again = (at: number, how = {}) =>
  refresh(at, 0, {
    standing: 'spent',
    ...LOST,
    ...how,
    issued: { access: 1, refresh: 1, rotated: true },
  })

test.each([
  ['a used token after its successor was delivered', [refresh(100, 0), again(200)], ['I2']],
  ['one replay of a lost answer', [refresh(100, 0, LOST), again(800)], []],
  ['two replays in a row', [refresh(100, 0, LOST), again(800), again(1_500)], ['I2']],
  ['a second replay after back-off', [refresh(100, 0, LOST), again(800), again(9_000)], []],
  [
    'a replay of each of two attempts',
    [refresh(100, 0, LOST), again(800), again(9_000), again(9_700)],
    [],
  ],
  [
    'a replay after the first replay was answered',
    [refresh(100, 0, LOST), again(800, { answeredAt: 802, told: 'plainly' }), again(20_000)],
    ['I2'],
  ],
  [
    'a replay after an answer that was perhaps unreadable',
    [refresh(100, 0, { told: 'perhaps' }), again(800)],
    [],
  ],
  [
    'a used token while the first answer is on its way, which is a matter of I1',
    [refresh(100, 0, { answeredAt: 300 }), again(200)],
    [],
  ],
  [
    'a token that the provider never issued',
    [refresh(100, -1, { ...REFUSED, standing: 'unknown', family: null })],
    ['I2'],
  ],
])('the check of I2 gives the expected result for %s', (_, requests, expected) => {
  expect(broken(madeTruth(requests))).toEqual(expected)
})

test('after a start, I2 allows one more use of a token, with its replay', () => {
  const requests = [refresh(100, 0, LOST), again(800), again(1_500)]
  const killed = { kills: [805], starts: [1_000] }
  expect(broken(madeTruth(requests), killed)).toEqual([])
  expect(broken(madeTruth([...requests, again(2_200)]), killed)).toEqual([])
  expect(broken(madeTruth([...requests, again(2_200), again(2_900)]), killed)).toEqual(['I2'])
})

test('I2 allows a repeated request only if the daemon died before it could store the answer', () => {
  const requests = [refresh(100, 0), again(900)]
  expect(broken(madeTruth(requests), { kills: [110], starts: [600] })).toEqual([])
  expect(broken(madeTruth(requests), { kills: [400], starts: [600] })).toEqual(['I2'])
})

test('I2 forbids every replay if the preset does', () => {
  const truth = madeTruth([refresh(100, 0, LOST), again(60_000)])
  expect(broken(truth, {}, { replay: 'never' })).toEqual(['I2'])
})

test.each([
  ['grace', ['I3']],
  ['grace-until-used', ['I3']],
  ['strict', []],
] as const)(
  'the check of I3 gives the expected result for a grant revoked for reuse at a %s provider',
  (profile, expected) => {
    const revoked = { at: 200, cause: 'reuse' } as const
    expect(broken(madeTruth([], { options: { profile }, family: { revoked } }))).toEqual(expected)
  },
)

test('the check of invariants throws if the provider failed or dropped requests', () => {
  expect(() => check(madeTruth([], { truth: { faults: ['a bug'] } }))).toThrow('a bug')
  expect(() => check(madeTruth([], { truth: { requestsDropped: 3 } }))).toThrow(
    'dropped 3 requests',
  )
})
