import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  ANSWER_LIMIT,
  openEgress,
  proveGuard,
  type OutgoingRequest,
} from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { openBlackHole } from '../../odd-servers/black-hole.ts'
import { httpAnswer, startRawServer } from '../../odd-servers/raw-server.ts'

type Answer = Parameters<typeof startRawServer>[0]

const request = (url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=refresh_token&refresh_token=secret',
  reach: 'loopback',
  deadlineMs: 2_000,
  ...more,
})

const resolving = (addresses: Record<string, string[]>) => {
  const asked: string[] = []
  const addressesOf = async (name: string) => {
    asked.push(name)
    return (addresses[name] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
  }
  return { asked, addressesOf }
}

async function exchangeWith(answer: Answer, more: Partial<OutgoingRequest> = {}) {
  await using server = await startRawServer(answer)
  const egress = await openEgress({ clock: systemClock })
  const result = await egress.send(request(`${server.url}/token`, more))
  return { result, requests: [...server.requests] }
}

const failing = async () => {
  throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' })
}
const hanging = () => new Promise<never>(() => undefined)

const answered = async () =>
  ({
    kind: 'answered',
    sentAt: 0,
    status: 200,
    headers: {},
    body: new Uint8Array(),
    complete: true,
  }) as const
const refused = async () => ({ kind: 'not_sent', sentAt: 0, reason: 'refused' }) as const

const bodyOf = (result: Awaited<ReturnType<typeof exchangeWith>>['result']) =>
  result.kind === 'answered' ? Buffer.from(result.body).toString() : null

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

test.each([
  'https://127.0.0.1/',
  'https://127.0.0.1./',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://127.1/',
  'https://017700000001/',
  'https://0/',
  'https://[::1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://10.1.2.3/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://user:password@93.184.216.34/',
])('a request to %s is blocked before anything is sent', async (url) => {
  const egress = await openEgress({ clock: systemClock })
  const result = await egress.send(request(url, { reach: 'public' }))
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
})

test.each([
  ['loopback', ['127.0.0.1']],
  ['loopback over IPv6', ['::1']],
  ['a private network', ['10.0.0.8']],
  ['the metadata service', ['169.254.169.254']],
  ['a mapped private address', ['::ffff:192.168.0.1']],
  ['NAT64 of a private address', ['64:ff9b::c0a8:1']],
  ['a public and a private address', ['93.184.216.34', '10.0.0.8']],
  ['no address at all', []],
])('a request to a name that resolves to %s is blocked', async (_what, addresses) => {
  const { addressesOf } = resolving({ 'idp.test': addresses })
  const egress = await openEgress({ clock: systemClock, addressesOf })
  const result = await egress.send(request('https://idp.test/', { reach: 'public' }))
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
})

test('plain http is sent only to a literal loopback address', async () => {
  await using server = await startRawServer((socket) => socket.write(httpAnswer(200, '{}')))
  const { addressesOf, asked } = resolving({ localhost: ['127.0.0.1'] })
  const egress = await openEgress({ clock: systemClock, addressesOf })
  const send = (url: string, reach: OutgoingRequest['reach']) =>
    egress.send(request(url, { reach }))
  const asItWas = asked.length
  expect(await send(`http://localhost:${server.port}`, 'public')).toMatchObject({
    reason: 'blocked',
  })
  expect(await send(server.url, 'loopback')).toMatchObject({ kind: 'answered' })
  expect(await send(server.url, 'private')).toMatchObject({ reason: 'blocked' })
  expect(await send(server.url, 'public')).toMatchObject({ reason: 'blocked' })
  expect(await send('http://example.com/', 'loopback')).toMatchObject({ reason: 'blocked' })
  expect(await send('http://example.com/', 'public')).toMatchObject({ reason: 'blocked' })
  expect(server.connections()).toBe(1)
  expect(asked.length).toBe(asItWas)
})

test.each<[string, OutgoingRequest['reach'], string[], string]>([
  ['localhost', 'loopback', ['127.0.0.1'], 'answered'],
  ['localhost', 'loopback', ['10.0.0.1'], 'not_sent'],
  ['localhost', 'loopback', ['93.184.216.34'], 'not_sent'],
  ['keycloak', 'plain', ['127.0.0.1'], 'answered'],
  ['keycloak', 'plain', ['93.184.216.34'], 'not_sent'],
  ['keycloak', 'plain', ['127.0.0.1', '93.184.216.34'], 'not_sent'],
  ['keycloak', 'plain', ['169.254.169.254'], 'not_sent'],
  ['keycloak', 'private', ['127.0.0.1'], 'not_sent'],
])(
  'an http request to the name %s with reach %s, resolved to %j, is %s',
  async (name, reach, found, kind) => {
    await using server = await startRawServer((socket) => socket.write(httpAnswer(200, '{}')))
    const { addressesOf } = resolving({ [name]: found })
    const egress = await openEgress({ clock: systemClock, addressesOf })
    const result = await egress.send(request(`http://${name}:${server.port}/`, { reach }))
    expect(result).toMatchObject(kind === 'answered' ? { kind } : { kind, reason: 'blocked' })
    expect(server.connections()).toBe(kind === 'answered' ? 1 : 0)
  },
)

test('a name is resolved once, and the socket connects to the address that was checked', async () => {
  await using decoy = await startRawServer((socket) => socket.write(httpAnswer(200, '{}')))
  let asked = 0
  const addressesOf = async () => {
    asked++
    return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }]
  }
  const egress = await openEgress({ clock: systemClock, addressesOf })
  const result = await egress.send(request(`https://idp.test:${decoy.port}/`, { reach: 'private' }))
  expect(result.kind).toBe('not_sent')
  expect(asked).toBe(1)
  expect(decoy.connections()).toBe(0)
})

test('the start check of the address guard fails if the guard lets a blocked address through', async () => {
  await expect(proveGuard(answered)).rejects.toThrow('guard')
  await expect(proveGuard(refused)).rejects.toThrow('guard')
})

test('a request that fails before the connection is open is reported as not_sent', async () => {
  const gone = await startRawServer(() => undefined)
  await gone[Symbol.asyncDispose]()
  const egress = await openEgress({ clock: systemClock })
  expect(await egress.send(request(gone.url))).toMatchObject({
    kind: 'not_sent',
    reason: 'refused',
  })

  const blind = await openEgress({ clock: systemClock, addressesOf: failing })
  const lost = await blind.send(request('https://idp.test/', { reach: 'public' }))
  expect(lost).toMatchObject({ kind: 'not_sent', reason: 'dns' })

  const slow = { clock: systemClock, addressesOf: hanging, connectTimeoutMs: 100 }
  const waited = await (
    await openEgress(slow)
  ).send(request('https://idp.test/', { reach: 'public', deadlineMs: 5_000 }))
  expect(waited).toMatchObject({ kind: 'not_sent', reason: 'connect_timeout' })

  const patient = await openEgress({ ...slow, connectTimeoutMs: 60_000 })
  const overdue = await patient.send(
    request('https://idp.test/', { reach: 'public', deadlineMs: 100 }),
  )
  expect(overdue).toMatchObject({ kind: 'not_sent', reason: 'deadline' })
})

test('a connection that loses all packets fails at the connect timeout, and nothing is sent', async () => {
  await using hole = await openBlackHole('127.0.0.1')
  const egress = await openEgress({ clock: systemClock, connectTimeoutMs: 500 })
  const begun = performance.now()
  const result = await egress.send(
    request(`http://127.0.0.1:${hole.port}/`, { deadlineMs: 15_000 }),
  )
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'connect_timeout' })
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test.each<[string, Answer, object]>([
  [
    'a reset before any header',
    (socket) => socket.resetAndDestroy(),
    { kind: 'lost', reason: 'reset' },
  ],
  [
    'a connection that closes without an answer',
    (socket) => socket.end(),
    { kind: 'lost', reason: 'reset' },
  ],
  [
    'a reset within the headers',
    (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.resetAndDestroy()),
    { kind: 'lost', reason: 'reset' },
  ],
  ['silence', () => undefined, { kind: 'lost', reason: 'deadline' }],
  [
    'something that is not HTTP',
    (socket) => socket.write('SSH-2.0-nope\r\n'),
    { kind: 'lost', reason: 'malformed' },
  ],
  [
    'an answer with a hundred thousand headers',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(100_000)}\r\n`),
    { kind: 'lost', reason: 'malformed' },
  ],
])(
  '%s is reported as lost, because the provider may have processed the request',
  async (_what, answer, expected) => {
    const { result, requests } = await exchangeWith(answer, { deadlineMs: 400 })
    expect(result).toMatchObject(expected)
    expect(requests).toHaveLength(1)
  },
)

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
