import fc from 'fast-check'
import type { EgressResult } from '../../../src/oauth/egress/egress.ts'

// Random answers of a token endpoint: anything is possible, but most are nearly right.

/**
 * What Larder sent. No outcome may repeat it. Some values look like error codes, to trick the
 * filter.
 */
export type Presented = { readonly token: string; readonly secret: string }

const codeShaped = fc
  .tuple(fc.stringMatching(/^[a-z]{6,12}$/), fc.stringMatching(/^[a-z]{6,12}$/))
  .map((words) => words.join('_'))
const tokenShaped = fc.stringMatching(/^[A-Za-z0-9_.-]{16,60}$/)

export const presented: fc.Arbitrary<Presented> = fc.record({
  token: fc.oneof(codeShaped, tokenShaped, fc.stringMatching(/^[ -~]{12,40}$/)),
  secret: fc.oneof(codeShaped, tokenShaped),
})

const KEYS =
  `access_token refresh_token token_type expires_in refresh_token_expires_in expires_at scope id_token
  error error_description error_codes ok status message code errors errorType type data authed_user
  is_transient reason trackingId description __proto__ constructor`.split(/\s+/)

const WORDS =
  `invalid_grant invalid_client unauthorized_client invalid_request temporarily_unavailable
  invalid_code bad_refresh_token token_revoked ratelimited access_denied INVALID_GRANT invalid_grant_
  Bearer bot read write`.split(/\s+/)

const ODD_NUMBERS = [0, -1, 0.5, 190, 3600, 1e12, 1e300, 2 ** 53, -(2 ** 60), 7000215]

function echo({ token, secret }: Presented): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(token, secret), fc.nat(6), fc.constantFrom('', 'unknown_', 'x.'))
    .map(([value, from, before]) => `${before}${value.slice(from)}`)
}

function anyValue(sent: Presented): fc.Arbitrary<unknown> {
  const plain = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<unknown>(...WORDS, ...ODD_NUMBERS) },
    { weight: 3, arbitrary: echo(sent) },
    { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, '', [], {}) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
    { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  )
  const inside = fc.dictionary(fc.constantFrom(...KEYS), plain, { maxKeys: 4 })
  return fc.oneof(
    { weight: 8, arbitrary: plain },
    { weight: 1, arbitrary: inside },
    { weight: 1, arbitrary: fc.array(fc.oneof(inside, plain), { maxLength: 3 }) },
  )
}

const record = (sent: Presented) =>
  fc.dictionary(fc.constantFrom(...KEYS), anyValue(sent), { maxKeys: 7 })

/** A good answer with random fields added or replaced. */
const nearlyGood = (sent: Presented) =>
  record(sent).map((more) => ({ access_token: 'at-2', refresh_token: 'rt-2', ...more }))

/** An error answer of RFC 6749 §5.2 with random fields added or replaced. */
const nearlyDead = (sent: Presented) =>
  record(sent).map((more) => ({ error: 'invalid_grant', ...more }))

const asForm = (body: Readonly<Record<string, unknown>>) =>
  new URLSearchParams(
    Object.entries(body).map(([name, one]): [string, string] => [
      name,
      typeof one === 'string' ? one : JSON.stringify(one),
    ]),
  ).toString()

export function bodies(sent: Presented): fc.Arbitrary<Uint8Array> {
  const object = fc.oneof(record(sent), nearlyGood(sent), nearlyDead(sent))
  const text = fc.oneof(
    { weight: 8, arbitrary: object.map((one) => JSON.stringify(one)) },
    { weight: 2, arbitrary: object.map(asForm) },
    // Cut, doubled, behind a byte order mark, inside a page.
    { weight: 2, arbitrary: object.map((one) => JSON.stringify(one).slice(0, -3)) },
    { weight: 1, arbitrary: object.map((one) => JSON.stringify(one).repeat(2)) },
    { weight: 1, arbitrary: object.map((one) => `\uFEFF${JSON.stringify(one)}`) },
    { weight: 1, arbitrary: object.map((one) => `<html>${JSON.stringify(one)}</html>`) },
    { weight: 1, arbitrary: object.map((one) => '['.repeat(400) + JSON.stringify(one)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  )
  return fc.oneof(
    { weight: 9, arbitrary: text.map((one) => Buffer.from(one)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  )
}

export const statuses = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 201, 204, 400, 401, 403) },
  { weight: 1, arbitrary: fc.constantFrom(302, 307, 404, 405, 408, 409, 429, 500, 502, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
)

const headerText = fc.stringMatching(/^[\x20-\x7e]{0,40}$/)

/** Mostly headers that Larder reads; a list is a header sent twice. */
export const headers: fc.Arbitrary<Record<string, string | string[]>> = fc.dictionary(
  fc.constantFrom(
    ...'content-type content-encoding retry-after date www-authenticate location'.split(' '),
  ),
  fc.oneof(
    fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/html; charset=latin1',
      '7',
      '1e9',
      '99999999999999999999',
      'Sun, 22 Nov 2026 12:00:00 GMT',
      'Fri, 31 Dec 9999 23:59:59 GMT',
      'Xxx, 99 Xxx 9999 99:99:99 GMT',
      'Basic error="invalid_client"',
      'https://elsewhere.example/?token=x',
    ),
    headerText,
    fc.array(headerText, { minLength: 1, maxLength: 2 }),
  ),
  { maxKeys: 4 },
)

/** Every kind of result that the egress can return. */
export function results(sent: Presented): fc.Arbitrary<EgressResult> {
  const sentAt = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) })
  return fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        kind: fc.constant('answered' as const),
        sentAt,
        status: statuses,
        headers,
        body: bodies(sent),
        complete: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
      }),
    },
    fc.record({
      kind: fc.constant('lost' as const),
      sentAt,
      reason: fc.constantFrom('reset', 'deadline', 'too_large', 'malformed'),
      began: fc.boolean(),
      received: bodies(sent),
    }),
    fc.record({
      kind: fc.constant('not_sent' as const),
      sentAt,
      reason: fc.constantFrom(
        'blocked',
        'dns',
        'refused',
        'tls',
        'authority',
        'unreachable',
        'deadline',
      ),
    }),
  )
}
