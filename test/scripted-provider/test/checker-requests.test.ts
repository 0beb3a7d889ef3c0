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

test('a run in which all went well violates nothing', () => {
  expect(check(madeTruth([refresh(100, 0), refresh(4_000, 1)]))).toEqual([])
})

test('every violation says what, whose, and how to play it again', () => {
  const [violation] = check(madeTruth([], { truth: { overlaps: [overlap] } }))
  expect(violation).toEqual({
    invariant: 'I1',
    family: 'f0',
    message: `I1 f0: requests 1 and 2 were open at once for 4 ms (seed ${SEED})`,
  })
})

test.each([
  ['two at once, however short', { ...overlap, to: 100.2 }, ['I1']],
  ['two at once, still open', { ...overlap, to: null }, ['I1']],
  ['the first was given up and seen to be, just now', { ...overlap, firstAborted: true }, []],
  ['the first was given up long after', { ...overlap, to: 300, firstAborted: true }, ['I1']],
])('I1: %s', (_, one, expected) => {
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
  ['a spent token after its successor was brought', [refresh(100, 0), again(200)], ['I2']],
  ['one replay of a lost answer', [refresh(100, 0, LOST), again(800)], []],
  ['two in a row', [refresh(100, 0, LOST), again(800), again(1_500)], ['I2']],
  ['the second after back-off', [refresh(100, 0, LOST), again(800), again(9_000)], []],
  [
    'each with a replay of its own',
    [refresh(100, 0, LOST), again(800), again(9_000), again(9_700)],
    [],
  ],
  [
    'one after the replay had been answered',
    [refresh(100, 0, LOST), again(800, { answeredAt: 802, told: 'plainly' }), again(20_000)],
    ['I2'],
  ],
  [
    'one after an answer that may not have been legible',
    [refresh(100, 0, { told: 'perhaps' }), again(800)],
    [],
  ],
  [
    'a spent token while the answer to the first is still on its way: that is two at once',
    [refresh(100, 0, { answeredAt: 300 }), again(200)],
    [],
  ],
  [
    'a token of nobody’s',
    [refresh(100, -1, { ...REFUSED, standing: 'unknown', family: null })],
    ['I2'],
  ],
])('I2: %s', (_, requests, expected) => {
  expect(broken(madeTruth(requests))).toEqual(expected)
})

test('I2: a start gives one more, in a row with its own replay', () => {
  const requests = [refresh(100, 0, LOST), again(800), again(1_500)]
  const killed = { kills: [805], starts: [1_000] }
  expect(broken(madeTruth(requests), killed)).toEqual([])
  expect(broken(madeTruth([...requests, again(2_200)]), killed)).toEqual([])
  expect(broken(madeTruth([...requests, again(2_200), again(2_900)]), killed)).toEqual(['I2'])
})

test('I2: a daemon that died before it could save may ask again, one that died later may not', () => {
  const requests = [refresh(100, 0), again(900)]
  expect(broken(madeTruth(requests), { kills: [110], starts: [600] })).toEqual([])
  expect(broken(madeTruth(requests), { kills: [400], starts: [600] })).toEqual(['I2'])
})

test('I2: where the preset forbids replays there are none', () => {
  const truth = madeTruth([refresh(100, 0, LOST), again(60_000)])
  expect(broken(truth, {}, { replay: 'never' })).toEqual(['I2'])
})

test.each([
  ['grace', ['I3']],
  ['grace-until-used', ['I3']],
  ['strict', []],
] as const)('I3: a grant of a %s provider is revoked for reuse', (profile, expected) => {
  const revoked = { at: 200, cause: 'reuse' } as const
  expect(broken(madeTruth([], { options: { profile }, family: { revoked } }))).toEqual(expected)
})

test('a provider that failed or forgot proves nothing', () => {
  expect(() => check(madeTruth([], { truth: { faults: ['a bug'] } }))).toThrow('a bug')
  expect(() => check(madeTruth([], { truth: { requestsDropped: 3 } }))).toThrow('forgot 3 requests')
})
