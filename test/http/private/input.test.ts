import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BODY_LIMIT } from '../../../src/http/read-body.ts'
import { ask, type Question } from '../support/ask.ts'
import { callerWith, openApi, type OpenedApi } from '../support/door-api.ts'
import { sendRaw } from '../support/send-raw.ts'

let api: OpenedApi

beforeAll(async () => {
  api = await openApi({ keys: { key: callerWith(['admin']) } })
})

afterAll(() => api[Symbol.asyncDispose]())

async function errorsOf(question: Question): Promise<Record<string, string>> {
  const headers = { authorization: 'Bearer key', ...question.headers }
  const { status, json } = await ask(api.address, { ...question, headers })
  expect({ status, code: json['code'] }).toEqual({ status: 400, code: 'invalid_request' })
  const errors = json['errors'] as { in: string; name: string; detail: string }[]
  return Object.fromEntries(errors.map((e) => [`${e.in} ${e.name}`, e.detail]))
}

test('every bad field of path, query and body is named at once', async () => {
  const errors = await errorsOf({
    method: 'POST',
    path: `/v1/users/${'x'.repeat(257)}/oauth/google/link?b=1&b=2&c=%zz`,
    body: {
      redirectUrl: 'not a url',
      scope: ['ok', 'two words', 3],
      email: 'nobody',
      state: 7,
      client: { secret: 'x', extra: true },
      params: { tenant: 1 },
      ttlSeconds: 59,
      confirm: 'never',
      metadata: [],
      userId: 'u',
    },
  })
  expect(errors).toEqual({
    'path userId': 'must have 1 to 256 characters',
    'query b': 'is given more than once',
    'query c': 'must be percent-encoded UTF-8',
    'body redirectUrl': 'must be an absolute URL',
    'body scope.1': 'must be one scope: ASCII without spaces',
    'body scope.2': 'must be of type string',
    'body email': 'must be an e-mail address',
    'body state': 'must be of type string',
    'body client.id': 'is required',
    'body client.extra': 'there is no such field',
    'body params.tenant': 'must be of type string',
    'body ttlSeconds': 'must be at least 60',
    'body confirm': 'must be one of page, app',
    'body metadata': 'must be an object',
    'body userId': 'there is no such field',
  })
})

test('a violated rule about several fields is reported together with bad fields', async () => {
  const both = { expiresAt: 1, expiresInSeconds: 1, label: '' }
  expect(await errorsOf({ method: 'POST', path: '/v1/connections', body: both })).toEqual({
    'body userId': 'is required',
    'body provider': 'is required',
    'body label': 'must have 1 to 256 characters',
    'body accessToken': 'is required without refreshToken, credentials and grant',
    'body expiresInSeconds': 'must not be given together with expiresAt',
  })
})

test.each([
  ['neither', {}],
  ['both', { provider: 'google', providers: ['zoom'] }],
  ['nulls', { provider: null, providers: null }],
])('a link needs exactly one of provider and providers, not %s', async (_case, body) => {
  const errors = await errorsOf({ method: 'POST', path: '/v1/connect-links', body })
  expect(errors['body provider']).toBe('must be given, or providers, and not both')
})

test.each([
  ['GET', '/v1/connections?limit=0', 'query limit'],
  ['GET', '/v1/connections?limit=501', 'query limit'],
  ['GET', '/v1/connections?limit=1e2', 'query limit'],
  ['GET', '/v1/connections?limit=', 'query limit'],
  ['GET', '/v1/connections?limit', 'query limit'],
  ['GET', '/v1/connections?status=alive', 'query status'],
  ['GET', '/v1/connections?expiringBefore=soon', 'query expiringBefore'],
  ['GET', '/v1/connections?userId=', 'query userId'],
  ['GET', '/v1/connections?userId=a%00b', 'query userId'],
  ['GET', '/v1/connections?user%49d=a&userId=b', 'query userId'],
  ['GET', '/v1/connections?__proto__=1', 'query __proto__'],
  ['GET', '/v1/connections?limit[]=1', 'query limit[]'],
  ['DELETE', '/v1/connections/con_1?revoke=yes', 'query revoke'],
  ['GET', '/v1/connections/con_1/token?minTtlSeconds=-1', 'query minTtlSeconds'],
  ['GET', '/v1/connections/con_1/token?minTtlSeconds=86401', 'query minTtlSeconds'],
  ['GET', '/v1/connections/con_1/token?minTtlSeconds=1&minTtlSeconds=2', 'query minTtlSeconds'],
  ['GET', '/v1/connections/con_1/token?account=a', 'query account'],
  ['GET', '/v1/users/%ff/oauth', 'path userId'],
  ['GET', '/v1/users/%zz/oauth', 'path userId'],
  ['GET', '/v1/users/a%00/oauth', 'path userId'],
  ['GET', '/v1/events?limit=1001', 'query limit'],
])('%s %s is rejected, and the error names the %s', async (method, path, field) => {
  expect(Object.keys(await errorsOf({ method, path }))).toEqual([field])
})

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })

test.each([
  ['nested too deep', { a: deep(20) }, 'is nested too deep'],
  ['too long', { a: 'x'.repeat(16_385) }, 'must be at most 16384 characters of JSON'],
  ['with NUL', { a: ['\0'] }, 'must be well-formed Unicode without NUL'],
  ['with half a surrogate pair', { '\ud800': 1 }, 'must be well-formed Unicode without NUL'],
  ['text', 'x', 'must be an object'],
])('metadata %s is rejected', async (_case, metadata, detail) => {
  const errors = await errorsOf({
    method: 'PATCH',
    path: '/v1/connections/con_1',
    body: { metadata },
  })
  expect(errors).toEqual({ 'body metadata': detail })
})

test.each([['{"metadata":{"__proto__":{"a":1}}}', 'must not hold the name __proto__']])(
  'metadata %s is rejected',
  async (body, detail) => {
    const errors = await errorsOf({ method: 'PATCH', path: '/v1/connections/con_1', body })
    expect(errors).toEqual({ 'body metadata': detail })
  },
)

test.each([
  ['POST', '/v1/keys', '{"":1}', 'body ""'],
  ['POST', '/v1/keys', '{"a\u0000":', 'body body'],
  ['POST', '/v1/keys', '"', 'body body'],
  ['GET', '/v1/connections?=1', undefined, 'query ""'],
  ['GET', '/v1/connections?%e9=1', undefined, 'query %e9'],
])(
  '%s %s with %s is rejected, and the answer names the place of the error',
  async (method, path, body, place) => {
    expect(Object.keys(await errorsOf({ method, path, ...(body && { body }) }))).toContain(place)
  },
)

test.each(['[]', '"a"', '1', 'true', '[{"userId":"a"}]'])(
  'a body that is %s is rejected',
  async (body) => {
    const errors = await errorsOf({ method: 'POST', path: '/v1/keys', body })
    expect(errors).toEqual({ 'body body': 'must be of type object' })
  },
)

test('error details never quote a value', async () => {
  const canary = 'canary-4711\n'
  const body = {
    userId: canary.repeat(30),
    provider: [canary],
    accessToken: canary,
    refreshToken: { canary },
    scope: canary,
    expiresAt: canary,
    client: canary,
    params: { tenant: [canary] },
  }
  const path = `/v1/connections?a=${encodeURIComponent(canary)}`
  const errors = await errorsOf({ method: 'POST', path, body })
  expect(Object.values(errors).join()).not.toContain('canary')
})

describe('request bodies', () => {
  const path = '/v1/keys'
  const headers = { authorization: 'Bearer key' }
  const statusOf = async (more: Partial<Question>) =>
    (
      await ask(api.address, {
        method: 'POST',
        path,
        ...more,
        headers: { ...headers, ...more.headers },
      })
    ).status

  test.each([
    ['application/json; charset=utf-8', 400],
    ['application/json;charset="UTF-8"', 400],
    ['application/json; charset=utf8', 400],
    ['application/json; Charset="UTF8"', 400],
    ['application/json ; charset = Utf_8 ;', 400],
    ["application/json; charset='utf-8'", 400],
    ['application/json; profile="x"; charset=utf-8', 400],
    ['APPLICATION/JSON', 400],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=us-ascii', 415],
    ['application/json; charset=', 415],
    ['application/json; charset', 415],
    ['application/json; charset="utf-8', 415],
    ['application/json; charset=utf-8; charset=latin1', 415],
    ['application/jsonp', 415],
    ['application/json; charset=latin1', 415],
    ['application/problem+json', 415],
    ['text/json', 415],
    ['text/plain', 415],
    ['multipart/form-data; boundary=x', 415],
    ['', 415],
  ])('a body with content type "%s" is answered with %d', async (type, status) => {
    expect(await statusOf({ body: '{}', headers: { 'content-type': type } })).toBe(status)
  })

  test('a body in another charset is rejected, and the answer names UTF-8', async () => {
    const answer = await ask(api.address, {
      method: 'POST',
      path,
      body: '{}',
      headers: { ...headers, 'content-type': 'application/json; charset=iso-8859-1' },
    })
    expect(answer.json).toMatchObject({ detail: 'the charset of Content-Type must be UTF-8' })
  })

  test('a compressed body is rejected with 415', async () => {
    expect(await statusOf({ body: '{}', headers: { 'content-encoding': 'gzip' } })).toBe(415)
  })

  test('a body that is not UTF-8 is rejected with 400', async () => {
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n`
    const type = 'Content-Type: application/json\r\n'
    const socket = await sendRaw(
      api.address,
      `${head}${type}Content-Length: 8\r\n\r\n{"a":"\u00ff"`,
    )
    expect(socket).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('a body of exactly the limit is read, and one byte more is rejected with 413', async () => {
    expect(await statusOf({ body: bodyOf(BODY_LIMIT) })).toBe(400)
    expect(await statusOf({ body: bodyOf(BODY_LIMIT + 1) })).toBe(413)
  })

  test('reading of a chunked body stops at the limit', async () => {
    expect(await sendChunks(64 * BODY_LIMIT)).toBe(413)
    expect(await sendChunks(BODY_LIMIT / 2)).toBe(400)
  })

  test('an empty chunked body counts as absent', async () => {
    expect(await sendChunks(0, {})).toBe(400)
  })

  test('an unfinished body is not logged as a failure', async () => {
    const { hostname, port } = new URL(api.address)
    const socket = connect({ host: hostname, port: Number(port) })
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n`
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a":`)
    await once(socket, 'ready')
    socket.destroy()
    await once(socket, 'close')
    expect((await ask(api.address, { path: '/livez' })).status).toBe(200)
    expect(api.failures).toEqual([])
  })

  test('a body may be absent if no field is required', async () => {
    const link = '/v1/users/u/oauth/none/link'
    const { status } = await ask(api.address, { method: 'POST', path: link, headers })
    // The body was accepted, but the provider does not exist.
    expect(status).toBe(404)
  })

  function sendChunks(
    length: number,
    type: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const sent = request(
      `${api.address}${path}`,
      {
        method: 'POST',
        headers: { ...headers, ...type, 'transfer-encoding': 'chunked' },
      },
      (response) => resolve(response.resume().statusCode ?? 0),
    )
    sent.on('error', reject)
    for (let left = length; left > 0; left -= 4096) sent.write('['.repeat(4096))
    sent.end()
    return promise
  }
})

function bodyOf(length: number): string {
  return `{"a":"${'x'.repeat(length - 8)}"}`
}
