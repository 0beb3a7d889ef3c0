import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { expect, onTestFinished, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import {
  makeInstallation,
  spawnLarderProcess,
  startLarderProcess,
} from '../support/larder-process.ts'
import { listen } from '../support/listen.ts'
import { until } from '../support/until.ts'

const NEW = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const OLD = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

/** A token endpoint that accepts one client secret, and a webhook receiver that checks signatures. */
async function world() {
  const state = { accepted: 'old-secret', tried: [] as string[], signed: [] as string[] }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      if (request.url === '/events') {
        const id = String(request.headers['webhook-id'])
        const at = String(request.headers['webhook-timestamp'])
        const said = String(request.headers['webhook-signature'])
        const by = (secret: string) =>
          createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
            .update(`${id}.${at}.${body}`)
            .digest('base64')
        for (const secret of [OLD, NEW]) if (said.includes(by(secret))) state.signed.push(secret)
        response.writeHead(204).end()
        return
      }
      const secret = new URLSearchParams(body).get('client_secret') ?? ''
      state.tried.push(secret)
      const isGood = secret === state.accepted
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' })
      const tokens = {
        access_token: `at-${state.tried.length}`,
        refresh_token: 'rt',
        token_type: 'Bearer',
        expires_in: 3600,
      }
      response.end(JSON.stringify(isGood ? tokens : { error: 'invalid_client' }))
    })
  })
  const { port, close } = await listen(server)
  onTestFinished(close)
  const url = `http://127.0.0.1:${port}`
  const at = await makeInstallation({ configuration: '' })
  onTestFinished(() => at[Symbol.asyncDispose]())
  const put = (name: string, text: string | Uint8Array) =>
    writeFile(join(at.directory, name), text, { mode: 0o600 })
  await put('one', 'old-secret\n')
  await put('two', 'other-secret\n')
  await put('hook', OLD)
  await writeFile(
    join(at.directory, 'larder.yaml'),
    stringify({
      providers: {
        acme: {
          authorizationEndpoint: `${url}/authorize`,
          tokenEndpoint: `${url}/token`,
          clientId: 'c',
          clientAuth: 'post',
          clientSecretFiles: ['one', 'two'],
        },
      },
      webhooks: [{ id: 'app', url: `${url}/events`, secretFile: 'hook' }],
    }),
    { mode: 0o600 },
  )
  const larder = await startLarderProcess(at)
  onTestFinished(() => larder[Symbol.asyncDispose]())
  const api = new LarderApi(at)
  const logged = async (event: string) =>
    (await larder.output())
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const reload = async () => {
    const before = (await logged('secrets.read')).length
    larder.kill('SIGHUP')
    await until('it has read them', async () => (await logged('secrets.read')).length > before)
    return (await logged('secrets.read')).at(-1)
  }
  const connect = async (userId = '42') => {
    const body = {
      userId,
      provider: 'acme',
      accessToken: 'at',
      refreshToken: `rt-${userId}`,
      scope: [],
      expiresInSeconds: 3600,
    }
    const answer = await api.post('/v1/connections', body)
    return String((answer.body as Record<string, unknown>)['id'])
  }
  const secretInHealth = async () => {
    const { body } = await api.get('/healthz')
    const [acme] = (body as { providers: readonly Record<string, unknown>[] }).providers
    return acme?.['clientSecret']
  }
  return { state, at, larder, api, put, logged, reload, connect, secretInHealth }
}

test('SIGHUP activates a changed client secret, even while the client’s circuit is open', async () => {
  const { state, api, put, logged, reload, connect, secretInHealth } = await world()
  const id = await connect()
  expect(await secretInHealth()).toEqual({ index: null, count: 2 })
  expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({ status: 200 })
  expect(await secretInHealth()).toEqual({ index: 0, count: 2 })
  state.accepted = 'new-secret'
  expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({ status: 502 })
  await put('one', 'new-secret')
  expect(await reload()).toMatchObject({ changed: 1, refused: 0 })
  expect(await logged('secrets.changed')).toMatchObject([{ provider: 'acme', count: 2 }])
  expect(await secretInHealth()).toEqual({ index: null, count: 2 })
  expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({ status: 200 })
  expect(state.tried.at(-1)).toBe('new-secret')
})

test('the log and /healthz say which of several client secrets is in use', async () => {
  const { state, api, logged, connect, secretInHealth, larder } = await world()
  const id = await connect()
  state.accepted = 'other-secret'
  await api.post(`/v1/connections/${id}/refresh`)
  await api.post(`/v1/connections/${id}/refresh`)
  expect(await secretInHealth()).toEqual({ index: 1, count: 2 })
  expect(await logged('client.secret_switched')).toMatchObject([
    { level: 'warn', provider: 'acme', index: 1, count: 2 },
  ])
  expect(await larder.output()).not.toContain('other-secret')
})

test.each([
  ['is empty', ''],
  ['is not UTF-8', Uint8Array.of(0xff, 0x61)],
  ['holds a control character', 'a\u0001b'],
])(
  'SIGHUP keeps the old secrets of a provider if one of its files %s, and reloads the others',
  async (_, text) => {
    const { state, api, put, logged, reload, connect } = await world()
    const id = await connect()
    await put('two', text)
    await put('hook', NEW)
    expect(await reload()).toMatchObject({ changed: 1, refused: 1 })
    expect(await logged('secrets.refused')).toMatchObject([
      { level: 'error', provider: 'acme', problems: [expect.stringMatching(/^providers\.acme/)] },
    ])
    expect(await logged('secrets.changed')).toMatchObject([{ webhook: 'app' }])
    expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({ status: 200 })
    expect(state.tried).toEqual(['old-secret'])
  },
)

test('SIGHUP activates a changed webhook secret', async () => {
  const { state, put, reload, connect, larder } = await world()
  await connect()
  await until('an event is signed', () => state.signed.includes(OLD))
  await put('hook', 'whsec_short')
  expect(await reload()).toMatchObject({ changed: 0, refused: 1 })
  await put('hook', NEW)
  expect(await reload()).toMatchObject({ changed: 1, refused: 0 })
  state.signed.length = 0
  await connect('43')
  await until('another event is signed', () => state.signed.length > 0)
  expect(state.signed).not.toContain(OLD)
  expect(await larder.output()).not.toMatch(/whsec_(?:A|short)/)
})

test('SIGHUP changes nothing if no file changed, and does not end a process that is still starting', async () => {
  const { at, larder, reload } = await world()
  expect(await reload()).toMatchObject({ level: 'info', changed: 0, refused: 0 })
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
  const next = await spawnLarderProcess(at)
  onTestFinished(() => next[Symbol.asyncDispose]())
  // The handler is set up first, before the rest of the program is compiled.
  await until('it handles signals', async () => {
    const caught = /SigCgt:\s*(\w+)/.exec(await readFile(`/proc/${next.pid}/status`, 'utf8'))?.[1]
    return (BigInt(`0x${caught ?? '0'}`) & 1n) === 1n
  })
  next.kill('SIGHUP')
  expect(await next.ready()).toBe(true)
  next.kill('SIGTERM')
  expect(await next.ended).toBe(0)
})
