import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../../src/core/base/access.ts'
import type { Endpoint } from '../../../src/http/private/endpoint.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import { ask, type Question } from '../support/ask.ts'
import { callerWith, openApi, type OpenedApi } from '../support/door-api.ts'

// These tests run for every row of the route table, so a new route is covered too.

let api: OpenedApi

beforeAll(async () => {
  const lacking = PERMISSIONS.filter((one) => one !== 'admin').map(
    (one) =>
      [
        `all-but-${one}`,
        callerWith(PERMISSIONS.filter((p) => p !== one && p !== 'admin')),
      ] as const,
  )
  api = await openApi({
    keys: {
      'root-key': callerWith(['admin']),
      'narrow-key': callerWith(['admin'], { userIdPrefix: 'tenant-a:' }),
      'all-but-admin': callerWith(PERMISSIONS.filter((one) => one !== 'admin')),
      ...Object.fromEntries(lacking),
    },
  })
})

afterAll(() => api[Symbol.asyncDispose]())

const every = privateEndpoints.map((endpoint) => ({
  endpoint,
  name: `${endpoint.method.toUpperCase()} ${endpoint.path}`,
}))
const keyed = every.filter(({ endpoint }) => endpoint.permission !== 'none')
const permitted = keyed.filter(({ endpoint }) => endpoint.permission !== 'any')

function to(endpoint: Endpoint, more: Omit<Question, 'path'> & { query?: string } = {}): Question {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_all, name) => `some-${String(name)}`)
  const headers = { authorization: 'Bearer root-key', ...more.headers }
  return {
    ...more,
    method: endpoint.method.toUpperCase(),
    path: `${path}${more.query ?? ''}`,
    headers,
  }
}

async function refusal(question: Question) {
  const { status, headers, json } = await ask(api.address, question)
  expect(headers['content-type']).toBe('application/problem+json')
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['access-control-allow-origin']).toBeUndefined()
  expect(headers['etag']).toBeUndefined()
  expect(headers['server'] ?? headers['x-powered-by']).toBeUndefined()
  expect(json).toMatchObject({
    type: `urn:larder:problem:${String(json['code'])}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    requestId: expect.stringMatching(/^[0-9a-z]+-[0-9a-z]+$/),
  })
  return { status, code: json['code'], errors: json['errors'] }
}

describe.each(every)('$name', ({ endpoint }) => {
  test.each(['http://localhost:7420', 'https://evil.example', 'null', ''])(
    'a request with the Origin "%s" is rejected with 403',
    async (origin) => {
      const answer = await refusal(to(endpoint, { headers: { origin } }))
      expect(answer).toMatchObject({ status: 403, code: 'forbidden' })
    },
  )

  test('a request with Sec-Fetch-Site is rejected with 403', async () => {
    const answer = await refusal(to(endpoint, { headers: { 'sec-fetch-site': 'same-origin' } }))
    expect(answer).toMatchObject({ status: 403, code: 'forbidden' })
  })

  test('a request for a foreign host is rejected with 421', async () => {
    const answer = await refusal(to(endpoint, { headers: { host: 'evil.example:7420' } }))
    expect(answer).toMatchObject({ status: 421, code: 'misdirected_request' })
  })

  test('a body over the limit is rejected with 413', async () => {
    const body = JSON.stringify({ a: 'x'.repeat(endpoint.bodyLimit) })
    const answer = await refusal(to(endpoint, { body }))
    expect(answer).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  test('a body that is not JSON is rejected with 400, and the error does not quote it', async () => {
    const answer = await refusal(to(endpoint, { body: '{"a": canary-4711' }))
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(JSON.stringify(answer)).not.toContain('canary')
  })

  test('a body of another content type is rejected with 415', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await refusal(to(endpoint, { headers, body: 'a=b' }))
    expect(answer).toMatchObject({ status: 415, code: 'unsupported_media_type' })
  })

  test('an unknown query field is rejected with 400', async () => {
    const answer = await refusal(to(endpoint, { query: '?api_key=root-key' }))
    expect(answer).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: expect.arrayContaining([
        { in: 'query', name: 'api_key', detail: 'there is no such field' },
      ]),
    })
  })

  test('an unknown body field is rejected with 400', async () => {
    const body = '{"__proto__":{"a":1},"constructor":1,"nobody":2}'
    const { errors } = await refusal(to(endpoint, { body }))
    const names = (errors as { in: string; name: string }[]).map((e) => `${e.in} ${e.name}`)
    expect(names).toEqual(
      expect.arrayContaining(['body __proto__', 'body constructor', 'body nobody']),
    )
  })
})

describe.each(keyed)('$name', ({ endpoint }) => {
  test.each(['', 'Bearer', 'Bearer unknown', 'Basic root-key', 'root-key', 'Bearer root-key, x'])(
    'a request with the Authorization "%s" is rejected with 401',
    async (authorization) => {
      const question = to(endpoint, { headers: { authorization }, query: '?access_token=root-key' })
      const answer = await refusal(question)
      expect(answer).toMatchObject({ status: 401, code: 'unauthenticated' })
    },
  )

  test('an answer with 401 names the Bearer scheme', async () => {
    const { headers } = await ask(api.address, to(endpoint, { headers: { authorization: '' } }))
    expect(headers['www-authenticate']).toBe('Bearer realm="larder"')
  })
})

describe.each(permitted)('$name', ({ endpoint }) => {
  test(`a request with all permissions but ${endpoint.permission} is rejected with 403`, async () => {
    const authorization = `Bearer all-but-${endpoint.permission}`
    const answer = await refusal(to(endpoint, { headers: { authorization } }))
    expect(answer).toMatchObject({ status: 403, code: 'forbidden' })
  })
})

const wide = every.filter(({ endpoint }) => endpoint.reach === 'everything')
describe.each(wide)('$name', ({ endpoint }) => {
  test('a narrowed key is rejected with 403, even with the permission admin', async () => {
    const answer = await refusal(to(endpoint, { headers: { authorization: 'Bearer narrow-key' } }))
    expect(answer).toMatchObject({ status: 403, code: 'forbidden' })
  })
})

const ofUsers = every.filter(({ endpoint }) => endpoint.paramNames.includes('userId'))
describe.each(ofUsers)('$name', ({ endpoint }) => {
  test('a narrowed key gets 404 for another user', async () => {
    // Missing body fields are not reported before the 404: a valid body is `{}` or tokens to
    // import.
    const body =
      endpoint.id === 'importUserConnection' ? { accessToken: 'a', scope: [] } : undefined
    const headers = { authorization: 'Bearer narrow-key' }
    const answer = await refusal(to(endpoint, { headers, ...(body ? { body } : {}) }))
    expect(answer).toMatchObject({ status: 404, code: 'not_found' })
  })
})

test('every endpoint except the probes needs an API key', () => {
  const open = every.filter(({ endpoint }) => endpoint.permission === 'none')
  expect(open.map(({ name }) => name)).toEqual(['GET /livez', 'GET /readyz'])
})

test('every endpoint has a unique id and route', () => {
  expect(new Set(privateEndpoints.map(({ id }) => id)).size).toBe(privateEndpoints.length)
  expect(new Set(every.map(({ name }) => name)).size).toBe(privateEndpoints.length)
})
