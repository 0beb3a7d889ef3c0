import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEgress } from '../../src/oauth/egress.ts'
import { systemClock } from '../../src/system.ts'
import { httpAnswer } from '../support/raw-server.ts'

const loopback = async () => [{ address: '127.0.0.1', family: 4 }]

const certificate = (name: string) =>
  readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url))

async function overTls(name: string, options: { cert: string; maxVersion?: 'TLSv1.1' }) {
  let heard = ''
  const resumed: boolean[] = []
  const server = createTlsServer(
    {
      key: certificate('server-key'),
      cert: certificate(options.cert),
      ...(options.maxVersion && { maxVersion: options.maxVersion, minVersion: 'TLSv1' }),
    },
    (socket) => {
      resumed.push(socket.isSessionReused())
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        heard += chunk.toString()
        socket.end(httpAnswer(200, '{}'))
      })
    },
  )
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const egress = await openEgress({ clock: systemClock, addressesOf: loopback })
  const send = () =>
    egress.send({
      method: 'POST',
      url: new URL(`https://${name}:${port}/`),
      headers: {},
      body: 'refresh_token=secret',
      reach: 'private',
      deadlineMs: 2_000,
    })
  const results = [await send(), await send()] as const
  server.close()
  return { result: results[1], heard, resumed }
}

const trusted = getCACertificates('default')
beforeAll(() => setDefaultCACertificates([...trusted, certificate('ca').toString()]))
afterAll(() => setDefaultCACertificates(trusted))

test('a certificate of a trusted authority for that very name is spoken to, seen anew each time', async () => {
  const { result, heard, resumed } = await overTls('provider.test', { cert: 'server' })
  expect(result).toMatchObject({ kind: 'answered', status: 200 })
  expect(resumed).toEqual([false, false])
  expect(heard).toContain('refresh_token=secret')
})

test.each<[string, string, Parameters<typeof overTls>[1]]>([
  ['for another name', 'other.test', { cert: 'server' }],
  ['that has expired', 'provider.test', { cert: 'expired' }],
  ['over TLS 1.1', 'provider.test', { cert: 'server', maxVersion: 'TLSv1.1' }],
])('a certificate %s: nothing is sent', async (_what, name, options) => {
  const { result, heard } = await overTls(name, options)
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'tls' })
  expect(heard).toBe('')
})

test('a certificate of an unknown authority: nothing is sent', async () => {
  setDefaultCACertificates(trusted)
  const { result, heard } = await overTls('provider.test', { cert: 'server' })
  setDefaultCACertificates([...trusted, certificate('ca').toString()])
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'tls' })
  expect(heard).toBe('')
})
