import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ANSWER_LIMIT, openEgress } from '../../../src/oauth/egress/egress.ts'
import { httpAnswer, startRawServer } from '../../odd-servers/raw-server.ts'
import { type Answer, request, exchangeWith, bodyOf } from './egress-kit.ts'

test('an answer is returned with status, headers and body, and each request opens a new connection', async () => {
  await using server = await startRawServer((socket) => socket.write(httpAnswer(200, '{"a":1}')))
  const egress = await openEgress({ clock: { now: () => 1234 } })
  for (let i = 0; i < 2; i++) {
    const result = await egress.send(request(`${server.url}/token?x=1`))
    expect(result).toMatchObject({ kind: 'answered', status: 200, complete: true, sentAt: 1234 })
    expect(bodyOf(result)).toBe('{"a":1}')
  }
  expect(server.connections()).toBe(2)
  expect(server.requests[0]).toMatch(/^POST \/token\?x=1 HTTP\/1\.1\r\n/)
  expect(server.requests[0]).toMatch(/connection: close/i)
})

test.each<[string, Answer]>([
  [
    'a reset within the body',
    (socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"refresh_token":"rt-2","acc',
        () => setTimeout(() => socket.resetAndDestroy(), 20),
      ),
  ],
  [
    'a body that ends early',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"refresh_token":"rt-2"'),
  ],
  [
    'a body that stops',
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"refresh_token":"rt-2"'),
  ],
  [
    'a chunked body without its end',
    (socket) =>
      socket.end(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n17\r\n{"refresh_token":"rt-2"\r\n',
      ),
  ],
])('after %s the received part is returned and marked as incomplete', async (_what, answer) => {
  const { result } = await exchangeWith(answer, { deadlineMs: 400 })
  expect(result).toMatchObject({ kind: 'answered', status: 200, complete: false })
  expect(bodyOf(result)).toContain('"refresh_token":"rt-2"')
})

test('a body that drips endlessly ends at the deadline of the request', async () => {
  const started = performance.now()
  const { result } = await exchangeWith(
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 10)
      socket.on('close', () => clearInterval(drip))
    },
    { deadlineMs: 500 },
  )
  expect(result).toMatchObject({ kind: 'answered', complete: false })
  expect(performance.now() - started).toBeLessThan(1_500)
})

test.each([
  ['with its length', `content-length: ${10 * 2 ** 30}\r\n`, 'x'.repeat(65_536)],
  ['without a length', '', 'x'.repeat(65_536)],
])('an endless body %s is truncated at the size limit', async (_what, header, piece) => {
  const { result } = await exchangeWith(
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n`)
      const pour = () => {
        while (socket.writable && socket.write(piece));
      }
      socket.on('drain', pour)
      pour()
    },
    { deadlineMs: 5_000 },
  )
  if (result.kind !== 'answered') throw new Error(result.kind)
  expect(result.complete).toBe(false)
  expect(result.body.length).toBeLessThanOrEqual(ANSWER_LIMIT)
})

const zeros = Buffer.alloc(50_000_000)

test.each([
  ['gzip', gzipSync(zeros)],
  ['deflate', deflateSync(zeros)],
  ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['zstd', zstdCompressSync(zeros)],
  ['gzip, gzip', gzipSync(gzipSync(zeros))],
])('a body that exceeds the limit after decoding %s is discarded', async (coding, bomb) => {
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${bomb.length}\r\n\r\n`
  const { result } = await exchangeWith((socket) => {
    socket.write(head)
    socket.write(bomb)
  })
  if (result.kind !== 'answered') throw new Error(result.kind)
  expect(result.body.length).toBeLessThanOrEqual(ANSWER_LIMIT)
  expect(bodyOf(result)).not.toContain('\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0')
})

test.each([301, 302, 303, 307, 308])(
  'a redirect %i is returned as an answer and not followed',
  async (status) => {
    await using other = await startRawServer((socket) => socket.write(httpAnswer(200, '{}')))
    const { result } = await exchangeWith((socket) =>
      socket.write(httpAnswer(status, '', { location: `${other.url}/token` })),
    )
    expect(result).toMatchObject({ kind: 'answered', status })
    expect(other.connections()).toBe(0)
  },
)
