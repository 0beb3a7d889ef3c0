import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import { ask } from '../http/support/ask.ts'
import type { LarderProcess } from '../support/larder-process.ts'
import { until } from '../support/until.ts'

const MANY = 1_000
/** More descriptors than the daemon itself and the requests of a test need. */
const OTHERS = 100

let stage: CrashStage
let larder: LarderProcess
let tokenPath = ''

beforeAll(async () => {
  stage = await openCrashStage({ provider: { profile: 'strict' } })
  larder = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  tokenPath = `/v1/connections/${one.id}/token`
}, 60_000)

afterAll(() => stage[Symbol.asyncDispose]())

const HEAD = 'Host: localhost\r\n'
const FORM = `POST /connect/x HTTP/1.1\r\n${HEAD}Content-Type: application/x-www-form-urlencoded\r\n`
const hello = `GET /robots.txt HTTP/1.1\r\n${HEAD}\r\n`

/** Bytes that a client sends before it leaves its connection open. */
const MALFORMED: readonly (readonly [string, string])[] = [
  ['a malformed request line', 'NONSENSE\r\n\r\n'],
  ['a malformed header', `GET / HTTP/1.1\r\n${HEAD}A B: c\r\n\r\n`],
  [
    'two lengths',
    `POST / HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  ['garbage bytes', '\x16\x03\x01\x02\x00\x01\x00\xff\x00'],
  ['headers over the limit', `GET / HTTP/1.1\r\n${HEAD}A: ${'b'.repeat(17_000)}\r\n\r\n`],
  ['a malformed chunk', `${FORM}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ['a request and garbage after it', `${hello}\0\0\0\0\r\n\r\n`],
]

const SLOW: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['slow headers', `GET /livez HTTP/1.1\r\n${HEAD}A`],
  ['a slow body', `${FORM}Content-Length: 100\r\n\r\ntoken=`],
  ['a slow chunked body', `${FORM}Transfer-Encoding: chunked\r\n\r\n5\r\ntok`],
  ['a request and half of the next one', `${hello}GET /livez HT`],
  ['many requests at once', hello.repeat(5)],
]

test.each([...MALFORMED, ...SLOW])(
  'both listeners keep answering while each has a thousand open connections with %s',
  async (_, bytes) => {
    const held = await holdOnBoth(bytes, MANY)
    for (let n = 0; n < 20; n++) await answersOnBoth()
    expect(await descriptors()).toBeLessThan(2 * MANY + OTHERS)
    for (const socket of held) socket.destroy()
    await freed()
  },
  60_000,
)

test.each(MALFORMED)(
  'a connection with %s is closed although the client keeps it open',
  async (_, bytes) => {
    const held = await holdOnBoth(bytes, OTHERS)
    await until('all connections to be answered', () =>
      held.every(({ bytesRead }) => bytesRead > 0),
    )
    await freed()
  },
  30_000,
)

test('a connection that sends slowly or nothing is closed at the timeout', async () => {
  for (const [, bytes] of SLOW.slice(0, -1)) await holdOnBoth(bytes, OTHERS)
  await until('the daemon to accept them', async () => {
    return (await descriptors()) > OTHERS * SLOW.length
  })
  await freed(45_000)
}, 60_000)

test('a connection that the client has half closed is closed', async () => {
  const held = await holdOnBoth(`GET /livez HTTP/1.1\r\n${HEAD}`, OTHERS)
  for (const socket of held) socket.end()
  await until('all connections to be answered', () => held.every(({ bytesRead }) => bytesRead > 0))
  await freed()
}, 30_000)

test.each([
  ['private', 2_000],
  ['public', 1_000],
] as const)(
  'the %s listener keeps at most %d connections open and closes the oldest idle ones',
  async (side, limit) => {
    const before = await descriptors()
    const url = side === 'private' ? stage.at.privateUrl : stage.at.publicUrl
    const held = await hold(url, '', limit + OTHERS)
    const closed = () => [...held.keys()].filter((index) => held[index]?.readableEnded)
    // Shorter than the timeout of a silent connection.
    await until('the oldest connections to be closed', () => closed().length >= OTHERS, 8_000)
    expect(closed()).toEqual([...Array(OTHERS).keys()])
    expect((await descriptors()) - before).toBeLessThanOrEqual(limit)
    for (const socket of held) socket.destroy()
    await freed()
  },
  60_000,
)

async function holdOnBoth(bytes: string, count: number): Promise<readonly Socket[]> {
  const [inside, outside] = [stage.at.privateUrl, stage.at.publicUrl]
  return [...(await hold(inside, bytes, count)), ...(await hold(outside, bytes, count))]
}

/** More at once would overflow the queue of the listener, which then never sees some of them. */
const CONNECTED_AT_ONCE = 200

/** Opens connections whose client ignores everything, even when the daemon closes its side. */
async function hold(url: string, bytes: string, count: number): Promise<readonly Socket[]> {
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  while (sockets.length < count) {
    const some = Math.min(CONNECTED_AT_ONCE, count - sockets.length)
    for (let opened = 0; opened < some; opened++) {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
      socket.on('error', () => undefined)
      socket.resume()
      socket.write(bytes, 'latin1')
      sockets.push(socket)
    }
    await until('all to be connected', () => sockets.every(({ connecting }) => !connecting))
  }
  return sockets
}

/** Sends one request to each listener over a new connection. */
async function answersOnBoth(): Promise<void> {
  const headers = { authorization: `Bearer ${stage.at.apiKey}` }
  const read = await ask(stage.at.privateUrl, { path: tokenPath, headers })
  expect(read.status).toBe(200)
  const address = stage.at.publicUrl.replace('localhost', '127.0.0.1')
  expect((await ask(address, { path: '/robots.txt' })).status).toBe(200)
}

/** Waits until the daemon has closed its side of the connections. The clients keep theirs open. */
async function freed(withinMs?: number): Promise<void> {
  await until('it to close them', async () => (await descriptors()) < OTHERS, withinMs)
}

async function descriptors(): Promise<number> {
  return (await readdir(`/proc/${larder.pid}/fd`)).length
}
