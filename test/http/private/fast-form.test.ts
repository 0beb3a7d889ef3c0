import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen, type Listener } from '../../../src/http/listen.ts'
import type { Endpoint } from '../../../src/http/private/endpoint.ts'
import { createPrivateApp, type PrivateExtras } from '../../../src/http/private/private-app.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import { ask, type Question } from '../support/ask.ts'
import { openVaultApi, ROOT_KEY, type VaultApi } from '../support/vault-api.ts'

type Report = Parameters<PrivateExtras['requestAnswered']>[0]

/** One vault is served twice: with the rows as they are, and with rows that have no fast form. */
type Served = Listener & { readonly reports: Report[] }

const withFastForm = privateEndpoints.filter(({ fast }) => fast !== null)
const ID = 'con_01jd9z0000000000000000000z'

let api: VaultApi
let fast: Served
let slow: Served
let served = 0
let pools: Readonly<Record<string, Record<'usual' | 'odd', readonly string[]>>>
let keys: readonly Readonly<Record<string, string>>[]

beforeEach(async () => {
  api = await openVaultApi()
  api.endpoint.refresh = async () => ({ kind: 'not_sent', detail: 'refused' })
  served = 0
  fast = await serve(privateEndpoints.map(counted))
  slow = await serve(privateEndpoints.map((row) => ({ ...row, fast: null })))
  pools = await storedConnections()
  keys = await someKeys()
})

afterEach(async () => {
  await fast[Symbol.asyncDispose]()
  await slow[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

test.each(withFastForm.map((row) => [row.route, row] as const))(
  '%s gives the same answer through its fast form and through the router',
  async (_route, row) => {
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(requestsTo(row), async (question) => {
        const [one, other] = [await answerOf(fast, question), await answerOf(slow, question)]
        statuses.add(one.status)
        expect(one).toEqual(other)
      }),
      { numRuns: 300 },
    )
    expect(served).toBeGreaterThan(60)
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 421]))
  },
)

test('both token routes have a fast form', () => {
  expect(withFastForm.map(({ id }) => id)).toEqual(['getConnectionToken', 'getUserToken'])
})

function counted(row: Endpoint): Endpoint {
  const { fast: form } = row
  if (form === null) return row
  return {
    ...row,
    fast: (call, input) => {
      served++
      return form(call, input)
    },
  }
}

async function serve(rows: readonly Endpoint[]): Promise<Served> {
  const reports: Report[] = []
  const extras = {
    allowedHosts: [],
    onUnixSocket: false,
    version: '0.0.0-test',
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    logFailure: () => {},
    requestAnswered: (report: Report) => reports.push(report),
  }
  const app = createPrivateApp(api.ports, extras, rows)
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
  const limits = { closeWithinMs: 200, maxConnections: null }
  return Object.assign(await listen(app.callback(), at, limits), { reports })
}

/** Everything that a caller and the access log see, without times and the request id. */
async function answerOf({ address, reports }: Served, question: Question) {
  const { status, headers, text } = await ask(address, question)
  const { date: _date, ...lasting } = headers
  const { requestId, durationMs: _ms, ...report } = reports.at(-1) ?? { requestId: null }
  const body = requestId === null ? text : text.replace(requestId, '')
  return { status, headers: { ...lasting, 'content-length': body.length }, body, report }
}

/** Stores connections that a read does not change, and returns values for each parameter. */
async function storedConnections() {
  const ids = [
    await stored('42', {}),
    await stored('over', { refreshToken: null, expiresInSeconds: 1 }),
    await stored('short', { refreshToken: null, expiresInSeconds: 30 }),
    await stored('a:b@c|~', { expiresInSeconds: null, accountId: 'one' }),
    await stored('a:b@c|~', { expiresInSeconds: null, accountId: 'two' }),
    await stored('ä ö', { expiresInSeconds: null, provider: 'odd' }),
  ]
  // The refresh fails, so further reads wait for the back-off.
  await api.ask({ method: 'POST', path: `/v1/connections/${ids[0]}/refresh` })
  api.now += 2_000
  return {
    id: { usual: ids, odd: [ID, 'con_', 'x', '%63on_1', '%', 'é'] },
    userId: {
      usual: ['42', '4%32', 'short'],
      odd: ['over', 'a:b@c|~', '%C3%A4%20%C3%B6', 'ä', '.', '%2e%2E', '%00', '%ff', 'nobody', '+'],
    },
    provider: { usual: ['acme'], odd: ['acm%65', 'odd', 'nobody', 'x'.repeat(65), '%'] },
    minTtlSeconds: {
      usual: ['0', '5', '60', '3600'],
      odd: ['86400', '86401', '-1', '1.5', '', '%36', '1234567890'],
    },
    rejected: { usual: ['t_unknown'], odd: ['', 'x'.repeat(129)] },
    account: { usual: ['one'], odd: ['two', 'three', '%'] },
  }
}

async function stored(userId: string, more: Readonly<Record<string, unknown>>): Promise<string> {
  const tokens = { accessToken: 'at', refreshToken: 'rt', expiresInSeconds: 3600 }
  const body = { userId, provider: 'acme', scope: ['calendar'], ...tokens, ...more }
  const { json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
  return String(json['id'])
}

async function someKeys() {
  const narrowed = [
    { permissions: ['tokens:read'] },
    { permissions: ['connections:read'] },
    { permissions: ['tokens:read'], providers: ['odd'] },
    { permissions: ['tokens:read'], userIdPrefix: '4_' },
  ]
  const made = []
  for (const body of narrowed) {
    const { json } = await api.ask({
      method: 'POST',
      path: '/v1/keys',
      body: { name: 't', ...body },
    })
    made.push({ authorization: `Bearer ${String(json['key'])}` })
  }
  const root = { authorization: `Bearer ${ROOT_KEY}` }
  return [
    root,
    ...made,
    {},
    { authorization: 'Bearer x' },
    { ...root, origin: 'http://a.example' },
    { host: 'a.example' },
  ]
}

/** Requests to a route: most are well-formed, others have any fault that a caller can make. */
function requestsTo(row: Endpoint): fc.Arbitrary<Question> {
  const valueOf = (name: string) => {
    const { usual, odd } = pools[name] ?? { usual: ['1'], odd: ['x'] }
    return mostly(fc.constantFrom(...usual), fc.constantFrom(...odd))
  }
  const path = fc
    .tuple(...row.paramNames.map(valueOf))
    .map((values) =>
      row.paramNames.reduce(
        (made, name, at) => made.replace(`{${name}}`, values[at] ?? ''),
        row.path,
      ),
    )
  const pair = fc
    .constantFrom(...Object.keys(row.query.shape), 'minTtlSeconds', 'unknown')
    .chain((name) => valueOf(name).map((value) => `${name}=${value}`))
  const query = fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 4, arbitrary: pair.map((one) => `?${one}`) },
    fc.array(pair, { maxLength: 3 }).map((pairs) => `?${pairs.join('&')}`),
    fc.constantFrom('?', '?&', '?=', '?minTtlSeconds', '/', '#'),
  )
  const body = mostly(fc.constant(undefined), fc.constantFrom({}, { a: 1 }, '{'))
  const headers = mostly(fc.constant(keys[0] ?? {}), fc.constantFrom(...keys))
  const method = mostly(fc.constant('GET'), fc.constantFrom('HEAD', 'POST'))
  return fc
    .record({ path, query, body, headers, method })
    .map(({ query: end, ...question }) => ({ ...question, path: question.path + end }))
}

function mostly<T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 8, arbitrary: usual }, odd)
}
