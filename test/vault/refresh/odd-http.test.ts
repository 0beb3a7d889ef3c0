import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { ODD_ANSWERS, pieces } from '../../odd-servers/odd-http.ts'
import { startRawServer } from '../../odd-servers/raw-server.ts'
import { openStage } from '../../support/vault-stage.ts'

// The provider has rotated and answers in unusual HTTP. The rotation must not be lost.

const BODY = JSON.stringify({
  access_token: 'at-2',
  token_type: 'bearer',
  expires_in: 3600,
  refresh_token: 'rt-2',
})

type Answer = (socket: Socket) => unknown

async function openOddProvider() {
  await using opened = new AsyncDisposableStack()
  const next: { answer: Answer } = { answer: (socket) => socket.destroy() }
  const server = opened.use(await startRawServer((socket) => void next.answer(socket)))
  const provider = { tokenEndpoint: `${server.url}/token` }
  const stage = opened.use(await openStage({ provider }))
  const running = opened.move()
  return {
    /** Runs one refresh with this answer and returns what is stored afterwards. */
    async refresh(answer: Answer) {
      const { connection, refreshToken } = await stage.adopt()
      next.answer = answer
      const asked = server.requests.length
      const { kind } = await refresh(stage.ports, connection, 'scheduled')
      const { status, attempt, grant } = await stage.stored(connection.id)
      const stored = grant.refreshToken?.open().expose()
      return {
        kind,
        status,
        attempt,
        access: grant.token?.secret.expose(),
        refresh: stored,
        /** Whether the stored refresh token is still the one that was sent. */
        isOld: stored === refreshToken,
        requests: server.requests.length - asked,
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** One provider for all readable answers; an answer that breaks gets a provider of its own. */
let healthy: Awaited<ReturnType<typeof openOddProvider>>
beforeAll(async () => void (healthy = await openOddProvider()))
afterAll(() => healthy[Symbol.asyncDispose]())

async function refreshBroken(answer: Answer) {
  await using provider = await openOddProvider()
  return await provider.refresh(answer)
}

const SAVED = { kind: 'refreshed', status: 'active', access: 'at-2', refresh: 'rt-2', requests: 1 }

test.each(ODD_ANSWERS)('a rotation is saved from an answer %s', async (_what, write) => {
  expect(await healthy.refresh((socket) => socket.end(write(BODY)))).toMatchObject(SAVED)
})

test('an answer after 100 Continue is read, no matter how its bytes are split', async () => {
  const [, write] = ODD_ANSWERS[0] ?? []
  const split = await healthy.refresh(async (socket) => {
    socket.setNoDelay(true)
    for (const piece of pieces(write?.(BODY) ?? Buffer.of())) {
      socket.write(piece)
      await turn()
    }
  })
  expect(split).toMatchObject(SAVED)
})

const coded = (coding: string, body: Uint8Array) => (socket: Socket) => {
  const fields = `content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n`
  socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n`)
  socket.end(body)
}

test.each<[string, (socket: Socket) => void]>([
  ['gzip', coded('gzip', gzipSync(BODY))],
  ['x-gzip', coded('X-GZip', gzipSync(BODY))],
  ['deflate', coded('deflate', deflateSync(BODY))],
  ['deflate without its wrapper', coded('deflate', deflateRawSync(BODY))],
  ['br', coded('br', brotliCompressSync(BODY))],
  ['zstd', coded('zstd', zstdCompressSync(BODY))],
  ['identity', coded('identity', Buffer.from(BODY))],
  ['gzip, then br', coded('gzip, br', brotliCompressSync(gzipSync(BODY)))],
  ['gzip twice', coded('gzip,gzip', gzipSync(gzipSync(BODY)))],
  ['identity, then gzip', coded('identity, gzip', gzipSync(BODY))],
  ['gzip on a body that is not compressed', coded('gzip', Buffer.from(BODY))],
  ['an unknown coding', coded('utf-8', Buffer.from(BODY))],
])('a rotation is saved from an answer with the content coding %s', async (_what, answer) => {
  expect(await healthy.refresh(answer)).toMatchObject(SAVED)
})

test('a rotation is saved from an answer with a transfer coding that Larder did not ask for', async () => {
  const body = gzipSync(BODY)
  const saved = await healthy.refresh((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n')
    socket.write(`${body.length.toString(16)}\r\n`)
    socket.write(body)
    socket.end('\r\n0\r\n\r\n')
  })
  expect(saved).toMatchObject(SAVED)
})

const latin1 = (text: string) => (socket: Socket) => {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n`)
  socket.end(Buffer.from(text, 'latin1'))
}
const beside = (more: string) => latin1(`${BODY.slice(0, -1)},${more}}`)

test.each([
  ['a Latin-1 byte in a name', beside('"name":"Jos\u00e9"')],
  [
    'a Latin-1 byte behind a byte order mark',
    latin1(`\u00ef\u00bb\u00bf${BODY} \u00e9`.slice(0, -2)),
  ],
  ['the same access token twice', beside('"access_token":"at-2"')],
  ['the same refresh token twice', beside('"refresh_token":"rt-2"')],
  ['one scope twice', beside('"scope":"read","sc\\u006fpe":"read"')],
  ['one object twice', beside('"user":{"id":1,"x":[]},"user":{"x":[],"id":1}')],
  ['two different scopes', beside('"scope":"read","scope":"read write"')],
  ['two different lifetimes', beside('"expires_in":"3600"')],
  [
    'two different refresh tokens, the last of which counts',
    latin1(BODY.replace('"refresh_token"', '"refresh_token":"rt-1b","refresh_token"')),
  ],
])('a rotation is saved from an answer with %s', async (_what, answer) => {
  expect(await healthy.refresh(answer)).toMatchObject(SAVED)
})

const refused = (body: string) => (socket: Socket) =>
  socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`)

test('a repeated error ends a grant, and two different errors do not', async () => {
  const twice = '{"error":"invalid_grant","error":"invalid_grant"}'
  expect(await refreshBroken(refused(twice))).toMatchObject({ status: 'disconnected' })
  const contradicting = '{"error":"server_error","error":"invalid_grant"}'
  expect(await refreshBroken(refused(contradicting))).toMatchObject({ status: 'failing' })
})

test.each<[string, (socket: Socket) => unknown]>([
  ['a truncated body', (s) => s.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${BODY}`)],
  ['a body behind two lengths', (s) => s.end(length('9, 46'))],
  ['a body without a head', (s) => s.end(BODY)],
  ['a body behind something that is not HTTP', (s) => s.end(`oops\r\n\r\n${BODY}`)],
  [
    'a truncated compressed body',
    (s) => {
      s.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 999\r\n\r\n')
      s.end(gzipSync(BODY))
    },
  ],
])(
  'a new refresh token in %s is saved, and the old one is not sent again',
  async (_what, answer) => {
    const after = await refreshBroken(answer)
    expect(after).toMatchObject({ status: 'failing', refresh: 'rt-2', requests: 1, attempt: null })
  },
)

function length(value: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${value}\r\n\r\n${BODY}`
}

test.each<[string, string]>([
  ['100 Continue and no answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['a status line', 'HTTP/1.1 200 OK\r\n'],
  ['half a status line', 'HTTP/1.'],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-ty'],
  ['a head', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n'],
  ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"access_token":"at-2","refre'],
  ['a form that is cut in the middle', form('access_token=at-2&refresh_token=rt')],
  ['something that is not HTTP', 'SSH-2.0-nope\r\n'],
])('after %s the refresh token is not sent again at once', async (_what, text) => {
  const after = await refreshBroken((socket) => socket.end(text))
  expect(after).toMatchObject({ kind: 'failed', status: 'failing', isOld: true, requests: 1 })
  // The token may be spent, so the attempt stays open for a rescue within the grace.
  expect(after.attempt).not.toBeNull()
})

function form(body: string): string {
  const type = 'application/x-www-form-urlencoded'
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 99\r\n\r\n${body}`
}

test('a refresh token is sent once more if no byte of an answer arrived', async () => {
  const after = await refreshBroken((socket) => socket.resetAndDestroy())
  expect(after).toMatchObject({ kind: 'failed', requests: 2 })
})
