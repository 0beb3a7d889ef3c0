import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/http/private/endpoint.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'

// Any request gives an answer below 500, in the form that the OpenAPI document describes.

let api: VaultApi
let known: Readonly<Record<string, string>>

beforeAll(async () => {
  api = await openVaultApi()
  const handIn = { userId: '42', provider: 'acme', accessToken: 'at', refreshToken: 'rt' }
  const made = await api.ask({ method: 'POST', path: '/v1/connections', body: handIn })
  const wanted = { userId: '42', provider: 'acme' }
  const link = await api.ask({ method: 'POST', path: '/v1/connect-links', body: wanted })
  known = { connection: String(made.json['id']), link: String(link.json['id']) }
})

afterAll(() => api[Symbol.asyncDispose]())

const writing = privateEndpoints.filter(({ method }) => method === 'post' || method === 'patch')

test.each(writing.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  '%s answers any body with a status below 500',
  async (_name, endpoint) => {
    const path = pathTo(endpoint)
    await fc.assert(
      fc.asyncProperty(bodies(endpoint), async (body) => {
        const method = endpoint.method.toUpperCase()
        const { status } = await api.ask({ method, path, body: JSON.stringify(body) })
        expect(status).toBeLessThan(500)
        expect(api.failures).toEqual([])
      }),
      { numRuns: 120 },
    )
  },
  60_000,
)

test('every route answers any path and query with a status below 500', async () => {
  const segment = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom('42', 'acme', '%', '%00', '%2e%2e', '%ff', '..;', 'a%2Fb', '*', ':id', '{id}'),
  )
  const query = fc.oneof(
    fc.webQueryParameters(),
    fc.constantFrom('', '&&', '=', 'limit=1&limit=2', 'revoke=', 'cursor=con_', 'account=%00'),
  )
  // Do not delete a user or connection that another test may need.
  const quiet = privateEndpoints.filter(({ method }) => method === 'get')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...quiet), segment, query, async (endpoint, part, search) => {
      const path = endpoint.path.replaceAll(/\{\w+\}/g, part)
      const { status } = await api.askUnchecked({ path: `${path}?${search}` })
      expect(status).toBeLessThan(500)
      expect(api.failures).toEqual([])
    }),
    { numRuns: 500 },
  )
}, 60_000)

/** Any JSON, and objects of the right fields with mostly right values. */
function bodies(endpoint: Endpoint): fc.Arbitrary<unknown> {
  const names = Object.keys(endpoint.body.shape)
  const required = names.filter((name) => REQUIRED.has(name))
  const likely = (value: typeof flawed) =>
    fc.record(Object.fromEntries(names.map((name) => [name, value(name)])), {
      requiredKeys: required,
    })
  return fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 2, arbitrary: likely(flawed) },
    { weight: 3, arbitrary: likely(wellMeant) },
  )
}

const REQUIRED = new Set(['userId', 'accessToken', 'scope', 'name', 'permissions', 'callbackUrl'])

function flawed(name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: wellMeant(name) },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constant(null) },
  )
}

const someText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const someAscii = fc.stringMatching(/^[ -~]{1,40}$/)
const inAnHour = START + 3_600_000

function wellMeant(name: string): fc.Arbitrary<unknown> {
  const right: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    userId: fc.oneof(fc.constant('42'), someText),
    provider: fc.constantFrom('acme', 'odd'),
    providers: fc.constant(null),
    accessToken: someAscii,
    refreshToken: someAscii,
    scope: fc.array(fc.stringMatching(/^[a-z:/.]+$/), { maxLength: 3 }),
    expiresAt: fc.constantFrom(inAnHour, inAnHour / 1000, new Date(inAnHour).toISOString(), 0),
    expiresInSeconds: fc.constant(null),
    ttlSeconds: fc.integer({ min: 60, max: 86_400 }),
    confirm: fc.constantFrom('page', 'app'),
    redirectUrl: fc.constantFrom('https://app.example.com/oauth', 'myapp://done', 'myapp://done/x'),
    callbackUrl: fc.constant('https://app.example.com/oauth/x'),
    connectionId: fc.constantFrom(null, null, known['connection']),
    client: fc.record({ id: someAscii, secret: fc.constantFrom('s', null) }),
    params: fc.constantFrom({}, { tenant: 'abc' }, { tenant: null }),
    metadata: fc.dictionary(someText, fc.jsonValue({ maxDepth: 3 })),
    permissions: fc.subarray(['admin', 'tokens:read'], { minLength: 1 }),
    userIdPrefix: fc.constantFrom('a:', null),
    email: fc.constant('ann@example.com'),
  }
  return right[name] ?? someText
}

function pathTo({ path }: Endpoint): string {
  const id = path.includes('connect-links') ? known['link'] : known['connection']
  return path
    .replace('{id}', id ?? '')
    .replace('{userId}', '42')
    .replace('{provider}', 'acme')
}
