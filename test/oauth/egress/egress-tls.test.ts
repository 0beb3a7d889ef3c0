import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEgress } from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { openBlackHole } from '../../odd-servers/black-hole.ts'
import { httpAnswer } from '../../odd-servers/raw-server.ts'

const certificate = (name: string) =>
  readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url))

type TlsOptions = {
  readonly cert: string
  readonly maxVersion?: 'TLSv1.1'
  readonly port?: number
  /** Addresses that the name resolves to; the server listens on the last one. */
  readonly addresses?: readonly string[]
}

async function overTls(name: string, options: TlsOptions) {
  const { addresses = ['127.0.0.1'] } = options
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
  server.listen(options.port ?? 0, addresses.at(-1))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const addressesOf = async () => addresses.map((address) => ({ address, family: 4 }))
  const egress = await openEgress({ clock: systemClock, addressesOf })
  const send = () =>
    egress.send({
      method: 'POST',
      url: new URL(`https://${name}:${port}/`),
      headers: {},
      body: 'refresh_token=secret',
      reach: 'private',
      deadlineMs: 5_000,
    })
  const results = [await send(), await send()] as const
  server.close()
  return { result: results[1], heard, resumed }
}

const trusted = getCACertificates('default')
beforeAll(() => setDefaultCACertificates([...trusted, certificate('ca').toString()]))
afterAll(() => setDefaultCACertificates(trusted))

test('a request is sent if a trusted authority signed the certificate, and TLS sessions are not resumed', async () => {
  const { result, heard, resumed } = await overTls('provider.test', { cert: 'server' })
  expect(result).toMatchObject({ kind: 'answered', status: 200 })
  expect(resumed).toEqual([false, false])
  expect(heard).toContain('refresh_token=secret')
})

test('the next address of a name is used if the first address loses all packets', async () => {
  await using hole = await openBlackHole('127.0.0.2')
  const addresses = ['127.0.0.2', '127.0.0.1']
  const { result } = await overTls('provider.test', { cert: 'server', port: hole.port, addresses })
  expect(result).toMatchObject({ kind: 'answered', status: 200 })
})

test.each<[string, string, TlsOptions, string]>([
  ['for another name', 'other.test', { cert: 'server' }, 'hostname'],
  ['that has expired', 'provider.test', { cert: 'expired' }, 'certificate_time'],
  ['over TLS 1.1', 'provider.test', { cert: 'server', maxVersion: 'TLSv1.1' }, 'tls'],
])('nothing is sent to a server with a certificate %s', async (_what, name, options, reason) => {
  const { result, heard } = await overTls(name, options)
  expect(result).toMatchObject({ kind: 'not_sent', reason })
  expect(heard).toBe('')
})

test('nothing is sent to a server with a certificate of an unknown authority', async () => {
  setDefaultCACertificates(trusted)
  const { result, heard } = await overTls('provider.test', { cert: 'server' })
  setDefaultCACertificates([...trusted, certificate('ca').toString()])
  expect(result).toMatchObject({ kind: 'not_sent', reason: 'authority' })
  expect(heard).toBe('')
})
