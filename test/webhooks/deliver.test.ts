import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { viewStoredEvent } from '../../src/core/events/connection-view.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { systemClock } from '../../src/observe/system-clock.ts'
import { openWebhooks } from '../../src/webhooks/deliver.ts'
import { listen } from '../support/listen.ts'
import { ODD_ANSWERS } from '../odd-servers/odd-http.ts'
import { httpAnswer, startRawServer } from '../odd-servers/raw-server.ts'
import { until } from '../support/until.ts'
import { makeEndpoint, makeEvent, OLD_SECRET, SECRET } from './make-endpoint.ts'
import { closedPort, openReceiver, verified } from './receiver.ts'

const event = makeEvent(7)

function open(deadlineMs = 5_000) {
  return openWebhooks({ endpoints: [], clock: systemClock, deadlineMs })
}

test('a delivery has the event’s body, its id and a signature with each secret', async () => {
  await using receiver = await openReceiver()
  using webhooks = open()
  const endpoint = makeEndpoint(receiver.url, {
    secrets: [new Secret(SECRET), new Secret(OLD_SECRET)],
  })
  expect(await webhooks.deliver(endpoint, event)).toEqual({ kind: 'accepted' })
  const [delivery] = receiver.deliveries
  if (delivery === undefined) throw new Error('nothing came')
  expect(verified(delivery, SECRET)).toEqual(viewStoredEvent(event))
  expect(verified(delivery, OLD_SECRET)).toEqual(viewStoredEvent(event))
  expect(delivery.headers).toMatchObject({
    'webhook-id': 'evt_7',
    'content-type': 'application/json',
    'user-agent': 'larder',
    'content-length': String(Buffer.byteLength(delivery.body)),
  })
  expect(Object.keys(delivery.headers).toSorted()).toEqual([
    'connection',
    'content-length',
    'content-type',
    'host',
    'user-agent',
    'webhook-id',
    'webhook-signature',
    'webhook-timestamp',
  ])
})

test('a delivery keeps the path and the query of the configured URL', async () => {
  await using server = await startRawServer((socket) => socket.end(httpAnswer(200, '')))
  using webhooks = open()
  await webhooks.deliver(makeEndpoint(`${server.url}/hooks/a%2Fb?key=1&key=2`), event)
  expect(server.requests[0]).toMatch(/^POST \/hooks\/a%2Fb\?key=1&key=2 HTTP\/1\.1\r\n/)
})

test.each([
  [200, { kind: 'accepted' }],
  [204, { kind: 'accepted' }],
  [302, { kind: 'refused', detail: 'http_302' }],
  [400, { kind: 'refused', detail: 'http_400' }],
  [401, { kind: 'refused', detail: 'http_401' }],
  [404, { kind: 'refused', detail: 'http_404' }],
  [410, { kind: 'gone' }],
  [500, { kind: 'refused', detail: 'http_500' }],
  [429, { kind: 'unavailable', detail: 'http_429', retryAfterMs: 7_000 }],
  [503, { kind: 'unavailable', detail: 'http_503', retryAfterMs: 7_000 }],
])("a receiver's answer with status %i gives the outcome %j", async (status, outcome) => {
  const headers = { location: 'http://127.0.0.1:1/', 'retry-after': '7' }
  await using server = await startRawServer((socket) =>
    socket.end(httpAnswer(status, 'canary', headers)),
  )
  using webhooks = open()
  expect(await webhooks.deliver(makeEndpoint(server.url), event)).toEqual(outcome)
  // Redirects are not followed.
  expect(server.connections()).toBe(1)
})

test.each(ODD_ANSWERS)('an event accepted by an answer %s is not sent again', async (_, write) => {
  await using server = await startRawServer((socket) => socket.end(write('{}')))
  using webhooks = open()
  expect(await webhooks.deliver(makeEndpoint(server.url), event)).toEqual({ kind: 'accepted' })
  expect(server.connections()).toBe(1)
})

test.each<readonly [string, (socket: Socket) => unknown, string]>([
  ['hangs', () => undefined, 'deadline'],
  ['sends half a status line', (socket) => socket.write('HTTP/1.1 200'), 'deadline'],
  ['closes the connection', (socket) => socket.destroy(), 'reset'],
  ['sends something other than HTTP', (socket) => socket.end('220 smtp.example\r\n\r\n'), 'reset'],
])('a webhook receiver that %s is treated as unavailable', async (_, answer, detail) => {
  await using server = await startRawServer((socket) => void answer(socket))
  using webhooks = open(300)
  const outcome = await webhooks.deliver(makeEndpoint(server.url), event)
  expect(outcome).toEqual({ kind: 'unavailable', detail, retryAfterMs: null })
})

test('a webhook receiver is treated as unavailable if nothing listens, its name does not resolve, or its certificate is not trusted', async () => {
  using webhooks = open(3_000)
  const nobody = `http://127.0.0.1:${await closedPort()}/`
  expect(await webhooks.deliver(makeEndpoint(nobody), event)).toMatchObject({ detail: 'refused' })
  const named = 'http://no-such-host.invalid/'
  expect(await webhooks.deliver(makeEndpoint(named), event)).toMatchObject({
    kind: 'unavailable',
    detail: 'dns',
  })
  const server = createTlsServer({ key: pem('server-key'), cert: pem('server') })
  const { port, close } = await listen(server)
  const strange = makeEndpoint(`https://127.0.0.1:${port}/`)
  expect(await webhooks.deliver(strange, event)).toMatchObject({ detail: 'tls' })
  await close()
})

test.each<readonly [string, (socket: Socket) => unknown]>([
  ['never ends', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')],
  [
    'has an endless body',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
      const pour = () => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', pour)
      pour()
    },
  ],
])('an event is accepted once the status arrives, even if the answer %s', async (_, answer) => {
  await using server = await startRawServer((socket) => void answer(socket))
  using webhooks = open(500)
  expect(await webhooks.deliver(makeEndpoint(server.url), event)).toEqual({ kind: 'accepted' })
})

test('closing the webhook sender ends running and later deliveries with the outcome stopped', async () => {
  await using server = await startRawServer(() => undefined)
  const webhooks = open(60_000)
  const endpoint = makeEndpoint(server.url)
  const underWay = Array.from({ length: 20 }, () => webhooks.deliver(endpoint, event))
  await until('all are under way', () => server.requests.length === 20)
  webhooks[Symbol.dispose]()
  expect(await Promise.all(underWay)).toEqual(underWay.map(() => ({ kind: 'stopped' })))
  expect(await webhooks.deliver(endpoint, event)).toEqual({ kind: 'stopped' })
  expect(server.requests.length).toBe(20)
})

function pem(name: string): Buffer {
  return readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url))
}
