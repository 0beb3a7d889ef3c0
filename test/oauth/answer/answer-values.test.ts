import { expect, test } from 'vitest'
import { textAt, type TextSource, valueAt, valuesAt } from '../../../src/core/base/json-path.ts'
import {
  type LifetimeUnit,
  lifetimeSeconds,
  refreshTokenLife,
} from '../../../src/core/refresh/lifetime.ts'
import { retryAfterMs } from '../../../src/core/base/retry-after.ts'

const SENT = Date.parse('2026-11-22T12:00:00Z')
const clock = { sentAt: SENT, providerNow: null }
const CAP = 400 * 86_400

test.each<[unknown, number | null]>([
  [3600, 3600],
  ['3600', 3600],
  ['3600 ', 3600],
  [' 60.9', 60],
  [3600.9, 3600],
  [0.5, 0],
  [0, 0],
  ['0', 0],
  [-1, 0],
  ['-30', 0],
  [1, 1],
  [CAP, CAP],
  [CAP + 1, CAP],
  [1e12, CAP],
  ['999999999999', CAP],
  [Number.NaN, null],
  [Number.POSITIVE_INFINITY, null],
  [null, null],
  [undefined, null],
  ['', null],
  ['soon', null],
  ['3600s', null],
  ['1e3', null],
  ['0x10', null],
  [true, null],
  [[3600], null],
  [{}, null],
])('an expires_in of %o is read as %s seconds', (value, expected) => {
  expect(lifetimeSeconds(value, 'seconds', clock)).toBe(expected)
})

test.each<[LifetimeUnit, unknown, number | null]>([
  ['epoch', SENT / 1000 + 90, 90],
  ['epoch', String(SENT / 1000 + 90), 90],
  ['epoch', SENT + 90_000, 90],
  ['epoch', SENT / 1000 - 5, 0],
  ['epoch', 'never', null],
  ['iso', '2026-11-22T12:01:30Z', 90],
  ['iso', '2026-11-22T13:01:30+01:00', 90],
  ['iso', '2020-01-01T00:00:00Z', 0],
  ['iso', '9999-12-31T23:59:59Z', CAP],
  ['iso', 'tomorrow', null],
  ['iso', '2026-13-99T99:99:99Z', null],
  ['iso', 12, null],
])('an expiry given as %s %o is read as %s seconds from now', (unit, value, expected) => {
  expect(lifetimeSeconds(value, unit, clock)).toBe(expected)
})

type Row = [LifetimeUnit, unknown, number | 'never' | null]

test.each<Row>([
  ['seconds', 3600, 3600],
  ['seconds', ' 3600 ', 3600],
  ['seconds', 60.9, 60],
  ['seconds', 2 * CAP, 2 * CAP],
  ...[0, '0', '0.0', -0, -1, '-1', -3600, -1e300].map((zero) => ['seconds', zero, 'never'] as Row),
  ...['never', 'Never', ' none ', 'unlimited', 'INFINITE'].map(
    (w) => ['seconds', w, 'never'] as Row,
  ),
  ...[1e12, 1e300, '999999999999999', 2_147_483_647].map((n) => ['seconds', n, 'never'] as Row),
  ...[null, undefined, '', 'soon', '60s', true, false, [], {}, 0.5].map(
    (other) => ['seconds', other, null] as Row,
  ),
  ['epoch', SENT / 1000 + 90, 90],
  ['epoch', SENT + 90_000, 90],
  ...[0, '0', -1, 1].map((zero) => ['epoch', zero, 'never'] as Row),
  ['epoch', 32_503_680_000, 'never'],
  ['epoch', SENT / 1000 - 5, null],
  ['iso', '2026-11-22T12:01:30Z', 90],
  ['iso', '2026-11-22T11:59:59Z', null],
  ['iso', '0001-01-01T00:00:00Z', 'never'],
  ['iso', '1970-01-01T00:00:00Z', 'never'],
  ['iso', '9999-12-31T23:59:59Z', 'never'],
  ['iso', 'never', 'never'],
  ['iso', 12, null],
])('the expiry of a refresh token given as %s %o is read as %s', (unit, value, expected) => {
  expect(refreshTokenLife(value, unit, clock)).toBe(expected)
})

test("an expiry is compared with the provider's clock if the provider sent its time", () => {
  const fiveHoursAhead = SENT + 5 * 3_600_000
  const end = (fiveHoursAhead + 60_000) / 1000
  expect(lifetimeSeconds(end, 'epoch', { sentAt: SENT, providerNow: fiveHoursAhead })).toBe(60)
})

test.each<[string | null, number | null]>([
  ['30', 30_000],
  [' 30 ', 30_000],
  ['1.5', 1_500],
  ['0', 1_000],
  ['1000000000', 3_600_000],
  ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['Sun, 22 Nov 2020 12:00:30 GMT', 1_000],
  ['Sun, 22 Nov 2099 12:00:30 GMT', 3_600_000],
  ['Sun, 99 Nov 2026 12:00:30 GMT', null],
  ['2026-11-22T12:00:30Z', null],
  ['soon', null],
  ['-5', null],
  ['', null],
  [null, null],
])('Retry-After %o is read as a wait of %s ms', (header, expected) => {
  expect(retryAfterMs(header, SENT)).toBe(expected)
})

const DOCUMENT = {
  id: 7,
  name: '',
  big: 12345678901234,
  flag: true,
  team: { id: 'T1', name: 'Team' },
  user: { id: 'U1', mail: null },
  emails: [
    { value: 'a@x', primary: false },
    { value: 'b@x', primary: true },
  ],
  errors: [{ code: 1 }, { code: 2 }],
}

test.each<[string, unknown]>([
  ['id', 7],
  ['team.id', 'T1'],
  ['team.id.deeper', undefined],
  ['user.mail', undefined],
  ['emails[0].value', 'a@x'],
  ['emails[1].value', 'b@x'],
  ['emails[9].value', undefined],
  ['emails[primary].value', 'b@x'],
  ['errors[].code', 1],
  ['team[0]', undefined],
  ['constructor.name', undefined],
  ['__proto__.toString', undefined],
  ['emails.length', undefined],
])('the JSON path %s selects %o', (path, expected) => {
  expect(valueAt(DOCUMENT, path)).toBe(expected)
})

test('[] in a JSON path selects every element, even if the document itself is a list', () => {
  expect(valuesAt(DOCUMENT, 'errors[].code')).toEqual([1, 2])
  expect(valuesAt([{ a: 1 }, { a: 2 }], '[].a')).toEqual([1, 2])
  expect(valuesAt([{ a: 1 }], '[0].a')).toEqual([1])
})

test.each<[TextSource, string | null]>([
  ['id', '7'],
  ['big', '12345678901234'],
  ['name', null],
  ['flag', null],
  ['team', null],
  [['user.mail', 'emails[primary].value'], 'b@x'],
  [['nothing', 'name'], null],
  [{ joined: ['team.id', 'user.id'], with: ':' }, 'T1:U1'],
  [{ joined: ['team.id', 'user.mail'], with: ':' }, null],
  [['user.mail', { joined: ['team.name', 'id'], with: ' ' }], 'Team 7'],
])('a value read as text from %o is %s', (source, expected) => {
  expect(textAt(DOCUMENT, source)).toBe(expected)
})
