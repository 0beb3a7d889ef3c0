import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'
import { httpAnswer, startRawServer } from '../../odd-servers/raw-server.ts'
import { endpointFor, refreshWith } from '../endpoint-kit.ts'

type Answer = (socket: Socket) => void
const TOKENS = {
  access_token: 'at-2',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'rt-2',
}

async function refreshAt(answer: Answer, more = {}) {
  await using server = await startRawServer(answer)
  const party = await endpointFor(
    { authorizationEndpoint: `${server.url}/auth`, tokenEndpoint: `${server.url}/token`, ...more },
    { deadlineMs: 500 },
  )
  const outcome = await refreshWith(party.endpoint, 'rt-1', {
    requestedScope: ['a', 'b'],
    providerData: { old: 1 },
  })
  const skewsMs = [...party.endpoint.clockSkewsMs().values()]
  return { outcome, skewsMs, requests: [...server.requests] }
}

const answering =
  (status: number, body: unknown, headers?: Record<string, string>): Answer =>
  (socket) =>
    socket.end(httpAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), headers))

const HTML = '<html><script>secret rt-1</script></html>'

test('a refresh returns tokens as secrets, with expiry and scopes', async () => {
  const { outcome, requests } = await refreshAt(answering(200, { ...TOKENS, scope: 'b c' }))
  if (outcome.kind !== 'ok') throw new Error(outcome.kind)
  expect(outcome.tokens).toMatchObject({
    tokenType: 'Bearer',
    expiresInSeconds: 3600,
    refreshTokenExpiresInSeconds: null,
    scope: ['b', 'c'],
    providerData: { old: 1 },
  })
  expect(outcome.tokens.accessToken.expose()).toBe('at-2')
  expect(outcome.tokens.refreshToken?.expose()).toBe('rt-2')
  expect(JSON.stringify(outcome)).not.toMatch(/at-2|rt-2/)
  expect(requests[0]).toMatch(/\r\nauthorization: Basic Y2xpZW50LTE6czNjcmV0\r\n/i)
  expect(requests[0]).toMatch(/\r\naccept-encoding: identity\r\n/i)
  expect(requests[0]?.split('\r\n\r\n')[1]).toBe('refresh_token=rt-1&grant_type=refresh_token')
})

test.each<[string, number, number | null]>([
  ['three hours ahead', 3, 3],
  ['two days behind', -48, -48],
  ['unknown without the header', 0, null],
])(
  "the skew of the provider's clock is read from the Date header of its answer: %s",
  async (_, hours, expected) => {
    const date = new Date(Date.now() + hours * 3_600_000).toUTCString()
    const { skewsMs } = await refreshAt(answering(200, TOKENS, expected === null ? {} : { date }))
    const told = skewsMs.map((skewMs) => Math.round(skewMs / 3_600_000))
    expect(told).toEqual(expected === null ? [] : [expected])
  },
)

test.each<[string, object, object]>([
  ['no token type', { token_type: undefined }, { tokenType: 'Bearer' }],
  ['a token type of its own', { token_type: 'bot' }, { tokenType: 'bot' }],
  ['no lifetime', { expires_in: undefined }, { expiresInSeconds: null }],
  ['a null lifetime', { expires_in: null }, { expiresInSeconds: null }],
  ['a lifetime as text', { expires_in: '60' }, { expiresInSeconds: 60 }],
  ['a lifetime in the past', { expires_in: -5 }, { expiresInSeconds: 0 }],
  ['an absurd lifetime', { expires_in: 1e300 }, { expiresInSeconds: 400 * 86_400 }],
  ['no refresh token', { refresh_token: undefined }, { refreshToken: null }],
  ['an empty refresh token', { refresh_token: '' }, { refreshToken: null }],
  ['scopes as a list', { scope: ['a'] }, { scope: ['a'] }],
  ['no scope', {}, { scope: null }],
  ['an invalid id token', { id_token: 'nonsense' }, { expiresInSeconds: 3600 }],
  ['an id token that is a number', { id_token: 7 }, { expiresInSeconds: 3600 }],
])('a token answer with %s is accepted', async (_what, more, expected) => {
  const { outcome } = await refreshAt(answering(200, { ...TOKENS, ...more }))
  expect(outcome).toMatchObject({ kind: 'ok', tokens: expected })
})

test.each<[string, Answer, Partial<RefreshOutcome>]>([
  ['201', answering(201, TOKENS), { kind: 'ok' }],
  [
    'JSON with the content type of text',
    answering(200, TOKENS, { 'content-type': 'text/html' }),
    { kind: 'ok' },
  ],
  [
    'JSON behind a byte order mark',
    answering(200, `\uFEFF${JSON.stringify(TOKENS)}`),
    { kind: 'ok' },
  ],
  [
    'a form',
    answering(200, 'access_token=at-2&token_type=bearer', {
      'content-type': 'application/x-www-form-urlencoded',
    }),
    { kind: 'ok' },
  ],
  [
    'a 401 with a challenge before its body',
    answering(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }),
    { kind: 'client_config', detail: 'invalid_client' },
  ],
  [
    'a dead grant behind a challenge',
    answering(
      401,
      { error: 'invalid_grant' },
      { 'www-authenticate': 'Bearer error="invalid_token"' },
    ),
    { kind: 'grant_dead', detail: 'invalid_grant' },
  ],
  [
    'a redirect',
    answering(307, '', { location: 'https://evil.example/' }),
    { kind: 'client_config' },
  ],
  ['HTML with 200', answering(200, HTML), { kind: 'answer_unreadable' }],
  ['HTML with 403', answering(403, HTML), { kind: 'unknown_refusal', evidence: 'page' }],
  ['HTML with 502', answering(502, HTML), { kind: 'provider_failed' }],
  ['429', answering(429, '', { 'retry-after': '7' }), { kind: 'throttled', retryAfterMs: 7_000 }],
  ['429 without Retry-After', answering(429, ''), { kind: 'throttled', retryAfterMs: null }],
  [
    '429 with a malformed Retry-After',
    answering(429, '', { 'retry-after': 'soon' }),
    { kind: 'throttled', retryAfterMs: null },
  ],
  [
    '429 with a date of a clock that is years off',
    answering(429, '', {
      date: 'Sun, 22 Nov 2020 12:00:00 GMT',
      'retry-after': 'Sun, 22 Nov 2020 12:00:09 GMT',
    }),
    { kind: 'throttled', retryAfterMs: 9_000 },
  ],
  [
    '503 with Retry-After',
    answering(503, '', { 'retry-after': '7' }),
    { kind: 'throttled', retryAfterMs: 7_000 },
  ],
  ['a reset', (socket) => socket.resetAndDestroy(), { kind: 'answer_lost', began: false }],
  ['silence', () => undefined, { kind: 'answer_lost', began: false }],
  [
    'a compressed body',
    (socket) => {
      const body = gzipSync(JSON.stringify(TOKENS))
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`,
      )
      socket.end(body)
    },
    { kind: 'ok' },
  ],
])('a refresh answered with %s gives the expected outcome', async (_what, answer, expected) => {
  const { outcome, requests } = await refreshAt(answer)
  expect(outcome).toMatchObject(expected)
  expect(requests).toHaveLength(1)
})

test.each<[string, Answer, string | null]>([
  [
    'a cut answer',
    (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"refresh_token":"rt-2","acc'),
    'rt-2',
  ],
  ['an answer without an access token', answering(200, { refresh_token: 'rt-2' }), 'rt-2'],
  ['an answer that also has an error', answering(200, { ...TOKENS, error: 'odd_thing' }), 'rt-2'],
  ['an answer that echoes the old one', answering(200, { refresh_token: 'rt-1' }), null],
  ['an error page', answering(500, { refresh_token: 'rt-2' }), null],
])('the new refresh token is saved from %s: %s', async (_what, answer, expected) => {
  const { outcome } = await refreshAt(answer)
  const salvaged = 'salvaged' in outcome ? outcome.salvaged?.expose() : null
  expect(salvaged).toBe(expected)
})

test.each([
  ['as the error code', { error: 'rt-1' }],
  ['in a description', { error: 'invalid_grant', error_description: 'token rt-1 is spent' }],
  ['as a key', { 'rt-1': true }],
  ['in HTML', HTML],
  ['in broken JSON', '{"error": rt-1'],
])(
  'the outcome does not quote the sent refresh token if the provider echoes it %s',
  async (_where, body) => {
    const { outcome } = await refreshAt(answering(400, body))
    expect(JSON.stringify(outcome)).not.toContain('rt-1')
    expect('detail' in outcome && outcome.detail).toMatch(/^[\w .-]+$/)
  },
)

test.each([
  ['the token', { error: 'correct_horse_battery' }],
  ['the token and more', { error: 'unknown_correct_horse_battery' }],
  ['the end of the token', { error: 'horse_battery' }],
  ['the secret', { error: 'no_such_secret_open_sesame' }],
  ['the token for a new one', { refresh_token: 'correct_horse_battery' }],
])('the outcome does not quote %s, although it looks like an error code', async (_what, body) => {
  await using server = await startRawServer(answering(200, body))
  const party = await endpointFor(
    { authorizationEndpoint: `${server.url}/auth`, tokenEndpoint: `${server.url}/token` },
    { secrets: ['open_sesame'] },
  )
  const outcome = await refreshWith(party.endpoint, 'correct_horse_battery')
  expect(outcome).toMatchObject({
    kind: expect.stringMatching(/^(unknown_refusal|answer_unreadable)$/),
  })
  expect(outcome).not.toHaveProperty('salvaged')
  expect(JSON.stringify(outcome)).not.toMatch(/horse|battery|sesame/)
})

test.each([
  ['a line break', 'at\r\nX-Evil: 1'],
  ['a letter that is not ASCII', 'at-é'],
  ['half of a surrogate pair', 'at-\ud800'],
])('a token with %s is rejected (RFC 6749 Appendix A)', async (_what, token) => {
  const access = await refreshAt(answering(200, { ...TOKENS, access_token: token }))
  expect(access.outcome).toMatchObject({ kind: 'answer_unreadable' })
  const renewal = await refreshAt(answering(200, { ...TOKENS, refresh_token: token }))
  expect(renewal.outcome).toMatchObject({ kind: 'ok', tokens: { refreshToken: null } })
})

test('an unknown error code is reported as the detail of the outcome', async () => {
  const { outcome } = await refreshAt(answering(400, { error: 'app_suspended' }))
  expect(outcome).toMatchObject({ kind: 'unknown_refusal', detail: 'app_suspended' })
})

test('attempts with several client secrets share one deadline', async () => {
  await using server = await startRawServer((socket) =>
    setTimeout(() => socket.end(httpAnswer(401, '{"error":"invalid_client"}')), 200),
  )
  const party = await endpointFor(
    { authorizationEndpoint: `${server.url}/auth`, tokenEndpoint: `${server.url}/token` },
    { deadlineMs: 500, secrets: ['a', 'b', 'c', 'd', 'e'] },
  )
  const started = performance.now()
  const outcome = await refreshWith(party.endpoint, 'rt-1')
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(['answer_lost', 'not_sent']).toContain(outcome.kind)
})

const inPrivate = async () => [{ address: '10.255.255.1', family: 4 }]

test('a provider in the private network is reached only with allowPrivateNetwork', async () => {
  const settings = {
    tokenEndpoint: 'https://cal.internal/token',
    authorizationEndpoint: 'https://cal.internal/',
  }
  const outside = await endpointFor(settings, { addressesOf: inPrivate })
  expect(await refreshWith(outside.endpoint, 'rt-1')).toEqual({
    kind: 'not_sent',
    detail: expect.stringContaining('set allowPrivateNetwork: true'),
  })
  const inside = await endpointFor(
    { ...settings, allowPrivateNetwork: true },
    { addressesOf: inPrivate, deadlineMs: 300 },
  )
  expect(await refreshWith(inside.endpoint, 'rt-1')).toMatchObject({
    kind: 'not_sent',
    detail: expect.not.stringContaining('not allowed'),
  })
})

test('a loopback address that comes from a parameter is blocked', async () => {
  await using server = await startRawServer(answering(200, TOKENS))
  const party = await endpointFor({
    authorizationEndpoint: 'https://{host}/auth',
    tokenEndpoint: 'https://{host}/token',
    params: { host: { description: 'x', pattern: '[a-z0-9.:]+', default: 'idp.example' } },
  })
  const params = { host: `127.0.0.1:${server.port}` }
  const outcome = await refreshWith(party.endpoint, 'rt-1', { params })
  expect(outcome).toEqual({
    kind: 'not_sent',
    detail: expect.stringContaining('set allowPrivateNetwork: true'),
  })
  expect(server.connections()).toBe(0)
})
