import { expect, test } from 'vitest'
import { openEgress } from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { openBlackHole } from '../../odd-servers/black-hole.ts'
import { startRawServer } from '../../odd-servers/raw-server.ts'
import { type Answer, request, exchangeWith } from './egress-kit.ts'

const failing = async () => {
  throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' })
}

const hanging = () => new Promise<never>(() => undefined)

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
