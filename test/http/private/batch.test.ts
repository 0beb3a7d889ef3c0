import { afterAll, beforeAll, expect, test } from 'vitest'
import { MOST_LINES } from '../../../src/http/private/routes/batch.ts'
import { openVaultApi, ROOT_KEY, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeAll(async () => {
  api = await openVaultApi()
})

afterAll(() => api[Symbol.asyncDispose]())

const line = (n: number, more: Record<string, unknown> = {}) => ({
  userId: `batch-${n}`,
  provider: 'acme',
  accessToken: `at-${n}`,
  refreshToken: `rt-${n}`,
  expiresInSeconds: 3600,
  accountId: `acc-${n}`,
  ...more,
})

const problem = (...names: string[]) => ({
  code: 'invalid_request',
  detail: 'some fields are not valid',
  errors: names.map((name) => expect.objectContaining({ in: 'body', name })),
})

const many = (count: number) => ({
  items: Array.from({ length: count }, (_, n) => line(100 + n)),
})

async function post(body: unknown) {
  const { status, json } = await api.ask({
    method: 'POST',
    path: '/v1/connections/batch',
    body: JSON.stringify(body),
  })
  return { status, json }
}

async function postBytes(body: Buffer) {
  const headers = { authorization: `Bearer ${ROOT_KEY}`, 'content-type': 'application/json' }
  const url = new URL('/v1/connections/batch', api.address)
  const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
}

test('a batch import returns one result per item, in order, with the names of bad fields', async () => {
  const { status, json } = await post({
    items: [
      line(1),
      line(2, { userId: '', colour: 'red' }),
      'no object',
      null,
      line(3, { expiresAt: 'soon' }),
      line(4, { accessToken: null, expiresInSeconds: null }),
    ],
  })
  expect(status).toBe(200)
  expect(json['counts']).toEqual({ created: 2, replaced: 0, unchanged: 0, accepted: 0, refused: 4 })
  const refused = { connectionId: null, status: null, outcome: 'refused' }
  expect(json['items']).toEqual([
    {
      index: 0,
      outcome: 'created',
      connectionId: expect.any(String),
      status: 'active',
      problem: null,
    },
    { index: 1, ...refused, problem: problem('userId', 'colour') },
    { index: 2, ...refused, problem: problem('body') },
    { index: 3, ...refused, problem: problem('body') },
    { index: 4, ...refused, problem: problem('expiresAt', 'expiresInSeconds') },
    {
      index: 5,
      outcome: 'created',
      connectionId: expect.any(String),
      status: 'failing',
      problem: null,
    },
  ])
})

test('a repeated batch changes nothing, and a batch with verify refreshes each item first', async () => {
  const first = await post({ items: [line(10)] })
  const [made] = first.json['items'] as readonly { connectionId: string }[]
  const again = await post({ items: [line(10)] })
  expect(again.json['items']).toMatchObject([
    { outcome: 'unchanged', connectionId: made?.connectionId },
  ])
  const verified = await post({ items: [line(11)], verify: true })
  expect(verified.json['items']).toMatchObject([{ outcome: 'created', status: 'active' }])
  const token = await api.ask({ path: '/v1/users/batch-11/oauth/acme/token' })
  expect(token.json['accessToken']).not.toBe('at-11')
})

test('a batch item without an access token is failing with reason unproven until its first refresh', async () => {
  const alone = { accessToken: null, expiresInSeconds: null }
  const { json } = await post({ items: [line(20, { ...alone, accountId: 'acc-20' })] })
  const [made] = json['items'] as readonly { connectionId: string; status: string }[]
  expect(made?.status).toBe('failing')
  const shown = await api.ask({ path: `/v1/connections/${made?.connectionId}` })
  expect(shown.json).toMatchObject({
    status: 'failing',
    alive: false,
    failure: { reason: 'unproven', attempts: 0, nextAction: 'retry' },
  })
})

test.each([
  ['Latin-1', 'caf\xe9', 4],
  ['an overlong slash', '\xc0\xaf', 1],
  ['an overlong NUL', '\xc0\x80', 1],
  ['an encoded surrogate', '\xed\xa0\x80', 1],
  ['a code above U+10FFFF', '\xf4\x90\x80\x80', 1],
  ['a truncated sequence', '\xe2\x82', 1],
  ['a lone continuation byte', '\x80', 1],
])(
  'a batch body with %s is rejected as a whole, and the error names the position of the bad byte',
  async (_what, bytes, at) => {
    const before = '{"items":[{"provider":"acme","accessToken":"at","userId":"'
    const { status, json } = await postBytes(Buffer.from(`${before}${bytes}"}]}`, 'latin1'))
    expect(status).toBe(400)
    const detail = `must be UTF-8: byte ${before.length + at} is not`
    expect(json).toMatchObject({
      code: 'invalid_request',
      detail: 'the body is not UTF-8',
      errors: [{ in: 'body', name: 'body', detail }],
    })
  },
)

test('a byte order mark and Unicode line separators in strings are accepted in a batch', async () => {
  const items = [line(30, { label: 'a\u2028b\u2029\ufffd' })]
  const { json } = await postBytes(Buffer.from(`\ufeff${JSON.stringify({ items })}`))
  const [made] = json['items'] as readonly { connectionId: string }[]
  const shown = await api.ask({ path: `/v1/connections/${made?.connectionId}` })
  expect(shown.json['label']).toBe('a\u2028b\u2029\ufffd')
})

test('a batch has at least one item and at most the limit', async () => {
  const most = await post(many(MOST_LINES))
  expect(most.json['counts']).toMatchObject({ created: MOST_LINES, refused: 0 })
  expect((await post(many(MOST_LINES + 1))).status).toBe(400)
  expect((await post({ items: [] })).status).toBe(400)
  expect((await post({})).status).toBe(400)
})
