import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { openApi, type OpenedApi } from '../support/door-api.ts'
import { sendRaw } from '../support/send-raw.ts'

let api: OpenedApi
let overSocket: OpenedApi
let directory: string

beforeAll(async () => {
  api = await openApi({ keys: {} }, { allowedHosts: ['Vault.Example.com', 'other.example:9999'] })
  directory = mkdtempSync(join(tmpdir(), 'larder-host-'))
  overSocket = await openApi({ keys: {} }, { socket: join(directory, 'private.sock') })
})

afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await overSocket[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

test.each([
  ['localhost'],
  ['localhost:7420'],
  ['LOCALHOST'],
  ['localhost.'],
  ['localhost.:7420'],
  ['127.0.0.1'],
  ['127.0.0.1:7420'],
  ['10.1.2.3:80'],
  ['0.0.0.0'],
  ['[::1]'],
  ['[::1]:7420'],
  ['[FD00::1]:7420'],
  ['[::ffff:127.0.0.1]'],
  ['larder'],
  ['larder:7420'],
  ['larder_vault'],
  ['larder.apps.svc'],
  ['larder.apps.svc:7420'],
  ['larder.apps.svc.cluster.local.'],
  ['host.docker.internal'],
  ['vault.example.com'],
  ['VAULT.example.com.:1'],
  ['other.example'],
])('a request with the Host "%s" is accepted', async (host) => {
  expect((await ask(api.address, { path: '/livez', headers: { host } })).status).toBe(200)
})

test.each([
  [' '],
  ['evil.example'],
  ['evil.example:7420'],
  ['localhost.evil.example'],
  ['127.0.0.1.evil.example'],
  ['127.0.0.1.nip.io'],
  ['127.1'],
  ['0x7f.1'],
  ['1.2.3.4.5'],
  ['localhost, evil.example'],
  ['evil.example@localhost'],
  ['localhost@evil.example'],
  ['localhost/evil'],
  ['localhost:'],
  ['localhost:port'],
  ['[::1'],
  ['::1'],
  ['[::1].evil.example'],
  ['[evil]'],
  ['svc'.concat('.evil.example')],
  ['.svc'],
  ['evil.svc.cluster.local.example'],
  ['cluster.local'],
  ['docker.internal'],
  ['sub.vault.example.com'],
  ['xn--lcalhost-54a.example'],
  ['localhost..'],
  ['-evil-.svc'],
])(
  'a request with the Host "%s" is rejected with 421, and the host is not quoted',
  async (host) => {
    const answer = await ask(api.address, { path: '/livez', headers: { host } })
    expect(answer.status).toBe(421)
    expect(answer.json).toMatchObject({ code: 'misdirected_request' })
    if (host.length > 3) expect(answer.text).not.toContain(host)
  },
)

test('an HTTP/1.1 request without a Host header is rejected', async () => {
  expect(await sendRaw(api.address, 'GET /livez HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  const empty = await sendRaw(api.address, 'GET /livez HTTP/1.1\r\nHost:\r\n\r\n')
  expect(empty).toMatch(/^HTTP\/1\.1 421 /)
})

describe.each([['tcp'], ['unix']] as const)('without a host over %s', (kind) => {
  const address = () => (kind === 'tcp' ? api.address : overSocket.address)

  test.each(['GET', 'HEAD', 'OPTIONS'])(
    'an HTTP/1.0 health check by %s needs no Host header',
    async (method) => {
      const answer = await sendRaw(address(), `${method} /livez HTTP/1.0\r\n\r\n`)
      expect(answer).not.toMatch(/^HTTP\/1\.1 4(?:00|21) /)
      if (method !== 'OPTIONS') expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    },
  )

  test('an HTTP/1.0 request for a foreign host is rejected with 421', async () => {
    for (const host of ['evil.example', kind === 'tcp' ? '' : 'evil.example:1']) {
      const answer = await sendRaw(address(), `GET /livez HTTP/1.0\r\nHost: ${host}\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 421 /)
    }
  })

  test('a request without a Host header still needs an API key and may not have an Origin', async () => {
    const noKey = await sendRaw(address(), 'GET /v1/providers HTTP/1.0\r\n\r\n')
    expect(noKey).toMatch(/^HTTP\/1\.1 401 /)
    const browser = 'GET /livez HTTP/1.0\r\nOrigin: http://evil.example\r\n\r\n'
    expect(await sendRaw(address(), browser)).toMatch(/^HTTP\/1\.1 403 /)
  })
})

test.each(['Host:', 'Host: ', 'host:\t'])(
  'a unix socket accepts the empty Host header that RFC 9112 demands, sent as "%s"',
  async (line) => {
    const answer = await sendRaw(overSocket.address, `GET /livez HTTP/1.1\r\n${line}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  },
)

test('a unix socket accepts its own host names and rejects foreign ones', async () => {
  const statusOf = async (host: string) =>
    (await ask(overSocket.address, { path: '/livez', headers: { host } })).status
  expect(await statusOf('localhost')).toBe(200)
  expect(await statusOf('evil.example')).toBe(421)
  const twice = 'GET /livez HTTP/1.1\r\nHost:\r\nHost: evil.example\r\n\r\n'
  expect(await sendRaw(overSocket.address, twice)).toMatch(/^HTTP\/1\.1 4(00|21) /)
})

test('a request with two Host headers is rejected', async () => {
  const hosts = 'Host: localhost\r\nHost: evil.example\r\n'
  const answer = await sendRaw(api.address, `GET /livez HTTP/1.1\r\n${hosts}\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 4(00|21) /)
})

test('a request whose target names a foreign host is rejected with 421', async () => {
  const line = 'GET http://evil.example/livez HTTP/1.1'
  const answer = await sendRaw(api.address, `${line}\r\nHost: localhost\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 421 /)
})

test('headers that proxies and meshes add are ignored', async () => {
  const headers = {
    forwarded: 'for=1.2.3.4;host=evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-proto': 'https',
    via: '1.1 mesh',
  }
  expect((await ask(api.address, { path: '/livez', headers })).status).toBe(200)
})
