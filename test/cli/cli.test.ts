import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hangUpOn, larder } from './larder.ts'
import { scriptedDaemon } from './scripted-daemon.ts'

const KEY = 'k'.repeat(40)
const CONNECTION = {
  id: 'con_1',
  userId: '42',
  provider: 'google',
  account: { id: 'a', email: 'ann@example.com', name: null },
  status: 'failing',
  expiresAt: '2026-11-22T12:00:00.000Z',
  failure: { reason: 'throttled' },
}

function as(url: string) {
  return { env: { LARDER_URL: url, LARDER_API_KEY: KEY } }
}

test('connections list reads every page, with the key in the header only', async () => {
  const { url, asked } = await scriptedDaemon({
    'GET /v1/connections?userId=4+2&limit=500': {
      status: 200,
      body: { items: [CONNECTION], nextCursor: 'c' },
    },
    'GET /v1/connections?userId=4+2&limit=500&cursor=c': {
      status: 200,
      body: { items: [{ ...CONNECTION, id: 'con_2', failure: null }], nextCursor: null },
    },
  })
  const run = await larder(['connections', 'list', '--user', '4 2'], as(url))
  expect(run).toEqual({
    code: 0,
    stdout: [
      'ID     USER  PROVIDER  ACCOUNT          STATUS   EXPIRES                   REASON',
      'con_1  42    google    ann@example.com  failing  2026-11-22T12:00:00.000Z  throttled',
      'con_2  42    google    ann@example.com  failing  2026-11-22T12:00:00.000Z  -',
      '',
    ].join('\n'),
    stderr: '',
  })
  expect(asked.map(({ authorization }) => authorization)).toEqual([
    `Bearer ${KEY}`,
    `Bearer ${KEY}`,
  ])
})

test("connections list --json prints the daemon's items as JSON", async () => {
  const page = { items: [CONNECTION], nextCursor: null }
  const { url } = await scriptedDaemon({
    'GET /v1/connections?limit=500': { status: 200, body: page },
  })
  const run = await larder(['connections', 'list', '--json'], as(url))
  expect(JSON.parse(run.stdout)).toEqual([CONNECTION])
})

test('keys list reads every page', async () => {
  const [one, two] = ['key_1', 'key_2'].map((id) => ({ id, permissions: ['admin'] }))
  const { url } = await scriptedDaemon({
    'GET /v1/keys?limit=500': { status: 200, body: { items: [one], nextCursor: 'key_1' } },
    'GET /v1/keys?limit=500&cursor=key_1': {
      status: 200,
      body: { items: [two], nextCursor: null },
    },
  })
  const run = await larder(['keys', 'list', '--json'], as(url))
  expect(JSON.parse(run.stdout)).toEqual([one, two])
})

test('control characters in a user id are not printed to the terminal', async () => {
  const items = [{ ...CONNECTION, userId: '\u001b[2J\u202e' }]
  const { url } = await scriptedDaemon({
    'GET /v1/connections?limit=500': { status: 200, body: { items, nextCursor: null } },
  })
  expect((await larder(['connections', 'list'], as(url))).stdout).toContain('?[2J?')
})

test.each([
  ['connections refresh con_1', 'POST /v1/connections/con_1/refresh', CONNECTION, /^ID.*\ncon_1/],
  ['connections show con_1', 'GET /v1/connections/con_1', CONNECTION, /"id": "con_1"/],
  [
    'connections delete con_1',
    'DELETE /v1/connections/con_1?revoke=true',
    { revocation: 'queued' },
    /^$/,
  ],
  [
    'connections delete con_1 --no-revoke --json',
    'DELETE /v1/connections/con_1?revoke=false',
    { revocation: 'skipped' },
    /"skipped"/,
  ],
  ['connections show a/b', 'GET /v1/connections/a%2Fb', CONNECTION, /./],
  [
    'keys list',
    'GET /v1/keys?limit=500',
    { items: [{ id: 'key_1', permissions: ['admin'] }] },
    /key_1/,
  ],
  ['keys revoke key_1', 'DELETE /v1/keys/key_1', null, /^$/],
  ['keys revoke key_1 --json', 'DELETE /v1/keys/key_1', null, /"key_1"/],
])('the command %s sends %s', async (words, question, body, stdout) => {
  const { url } = await scriptedDaemon({ [question]: { status: 200, body } })
  const run = await larder(words.split(' '), as(url))
  expect(run.stdout).toMatch(stdout)
  expect(run.code).toBe(0)
})

test('link prints only the URL on standard output', async () => {
  const link = { id: 'lnk_1', url: 'https://connect.example/l/x', expiresAt: 'then' }
  const { url, asked } = await scriptedDaemon({
    'POST /v1/connect-links': { status: 201, body: link },
  })
  const run = await larder(['link', '42', 'google', '--ttl-seconds', '60'], as(url))
  expect(run.stdout).toBe(`${link.url}\n`)
  expect(run.stderr).toContain('larder: lnk_1 ')
  expect(asked[0]?.body).toEqual({ userId: '42', provider: 'google', ttlSeconds: 60 })
})

test('keys new with a name makes the daemon create a key with the given permissions', async () => {
  const { url, asked } = await scriptedDaemon({
    'POST /v1/keys': { status: 201, body: { id: 'key_1', key: 'key_1.secret' } },
  })
  const words = ['keys', 'new', 'app', '--permissions', 'tokens:read, links:write']
  const run = await larder([...words, '--user-prefix', 'eu:'], as(url))
  expect(run.stdout).toBe('key_1.secret\n')
  expect(asked[0]?.body).toEqual({
    name: 'app',
    permissions: ['tokens:read', 'links:write'],
    userIdPrefix: 'eu:',
  })
})

test('healthcheck reaches the daemon on a unix socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const answers = { 'GET /readyz': { status: 200, body: { ready: true } } }
  const { url } = await scriptedDaemon(answers, join(directory, 'larder.sock'))
  const run = await larder(['healthcheck'], { env: { LARDER_LISTEN: url } })
  expect(run).toEqual({ code: 0, stdout: 'ready\n', stderr: '' })
  const asJson = await larder(['healthcheck', '--json'], { env: { LARDER_LISTEN: url } })
  expect(JSON.parse(asJson.stdout)).toEqual({ ready: true })
})

test('the path in LARDER_URL is prepended to every route', async () => {
  const { url, asked } = await scriptedDaemon({
    'GET /vault/v1/keys?limit=500': { status: 200, body: { items: [] } },
  })
  await larder(['keys', 'list'], as(`${url}/vault/`))
  expect(asked.map((question) => question.url)).toEqual(['/vault/v1/keys?limit=500'])
})

describe('commands that need no daemon', () => {
  test.each([
    ['keys new', /^[\w-]{43}\n$/],
    ['master-key new', /^[A-Za-z0-9+/]{43}=\n$/],
    ['version', /^\d+\.\d+\.\d+\n$/],
  ])('the command %s prints only its result', async (words, stdout) => {
    const run = await larder(words.split(' '))
    expect(run).toEqual({ code: 0, stdout: expect.stringMatching(stdout) as string, stderr: '' })
  })

  test.each(['keys new --json', 'master-key new --json', 'version --json', 'openapi --json'])(
    'the command %s prints JSON',
    async (words) => {
      const { code, stdout } = await larder(words.split(' '))
      expect(JSON.parse(stdout)).toBeTypeOf('object')
      expect(code).toBe(0)
    },
  )

  test('openapi exits with 0 if the reader closes the pipe early', async () => {
    expect(await hangUpOn(['openapi'])).toEqual({ code: 0, stderr: '' })
  })

  test('openapi prints the OpenAPI document', async () => {
    const { stdout } = await larder(['openapi'])
    expect(JSON.parse(stdout)).toMatchObject({ openapi: '3.1.0' })
  })
})

describe('commands that fail', () => {
  test.each([
    [['frobnicate'], 2, "error: unknown command 'frobnicate'"],
    [['link', '42'], 2, "error: missing required argument 'provider'"],
    [['link', '42', 'google', '--ttl-seconds', 'soon'], 2, 'it must be a whole number'],
    [['connections', 'list', '--frob'], 2, "error: unknown option '--frob'"],
    [['connections', 'list'], 78, 'error: LARDER_API_KEY: not set'],
    [['healthcheck'], 69, 'error: the daemon cannot be reached (ECONNREFUSED)'],
  ])(
    'the command %j exits with %d, an error and a hint on standard error',
    async (words, code, stderr) => {
      const run = await larder(words, { env: { LARDER_LISTEN: '127.0.0.1:1' } })
      expect(run).toMatchObject({ code, stdout: '' })
      expect(run.stderr).toContain(`larder: ${stderr.startsWith('error') ? stderr : ''}`)
      expect(run.stderr).toContain(stderr)
      expect(run.stderr).toMatch(/\nlarder: hint: .+\n$/)
    },
  )

  test('an error answer of the daemon is printed with its code and every bad field', async () => {
    const problem = {
      code: 'invalid_request',
      detail: 'the request is not valid',
      requestId: 'r-1',
      errors: [{ in: 'body', name: 'provider', detail: 'no such provider' }],
    }
    const { url } = await scriptedDaemon({
      'POST /v1/connect-links': { status: 400, body: problem },
    })
    expect(await larder(['link', '42', 'gogle'], as(url))).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'larder: error: the request is not valid; provider: no such provider (invalid_request)\n' +
        'larder: hint: correct what is named; --help lists the options of each command\n',
    })
  })

  test.each([
    [500, 'internal', 'the log tells more under r-1'],
    [409, 'confirmation_required', 'the host app has to confirm the connection first'],
    [429, 'too_many_requests', 'docs/api.md explains this code'],
  ])('the daemon’s error %d %s is printed with a matching hint', async (status, code, hint) => {
    const problem = { code, detail: 'no', requestId: 'r-1' }
    const { url } = await scriptedDaemon({
      'POST /v1/connections/con_1/refresh': { status, body: problem },
    })
    const { stderr } = await larder(['connections', 'refresh', 'con_1'], as(url))
    expect(stderr).toBe(`larder: error: no (${code})\nlarder: hint: ${hint}\n`)
  })

  test('healthcheck fails with the reason if the daemon is not ready', async () => {
    const { url } = await scriptedDaemon({
      'GET /readyz': { status: 503, body: { ready: false, reason: 'disk_full' } },
    })
    const run = await larder(['healthcheck'], { env: { LARDER_LISTEN: new URL(url).host } })
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toContain('not ready: disk_full')
  })

  test('an answer that is not from a Larder daemon is reported as such', async () => {
    const { url } = await scriptedDaemon({})
    const run = await larder(['keys', 'list'], as(url))
    expect(run.stderr).toContain('the answer does not come from a daemon')
  })
})
