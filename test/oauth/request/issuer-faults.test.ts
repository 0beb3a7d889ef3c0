import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, test } from 'vitest'
import { recordingObserver } from '../../support/recording-observer.ts'
import { exchangeCode, speak } from '../dialect-kit.ts'
import { beginAt, endpointFor, ID } from '../endpoint-kit.ts'
import { startSigningProvider } from '../answer/signing-provider.ts'

const UNAVAILABLE = 'provider_unavailable'
const MISCONFIGURED = 'provider_misconfigured'

/** The error that the first user and the operator's log get for an issuer that cannot be used. */
async function toldOf(issuer: string, more: object = {}, addresses?: () => Promise<never>) {
  const { observer, observed } = recordingObserver()
  const party = await endpointFor(
    { issuer, ...more },
    { observer, ...(addresses && { addressesOf: addresses }) },
  )
  // The schedule asks at the start and each minute; the fault is logged once.
  await party.endpoint.askIssuers()
  await party.endpoint.askIssuers()
  expect(observed).toMatchObject([{ what: 'issuerUnreachable', about: { provider: ID } }])
  const atStart = observed[0]?.about['detail']
  const error = await beginAt(party).catch((thrown: { code: string; message: string }) => thrown)
  expect(error).toHaveProperty('message', atStart)
  return error as { code: string; message: string }
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const notFound = () =>
  Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))

test('the error of an issuer whose name cannot be resolved states this fault', async () => {
  expect(await toldOf('https://idp.invalid', {}, notFound)).toMatchObject({
    code: UNAVAILABLE,
    message: expect.stringContaining('the name of the host cannot be resolved'),
  })
})

test('the error of an issuer that refuses connections states this fault', async () => {
  expect(await toldOf(`http://127.0.0.1:${await closedPort()}`)).toMatchObject({
    code: UNAVAILABLE,
    message: expect.stringContaining('the host refuses connections'),
  })
})

test('an issuer at a private address is reported with the setting that allows it', async () => {
  expect(await toldOf('https://10.0.0.8')).toMatchObject({
    code: MISCONFIGURED,
    message: expect.stringContaining('set allowPrivateNetwork: true'),
  })
})

const pem = (name: string) =>
  readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url))

test.each<[string, object, string, string]>([
  ['of an unknown authority', {}, MISCONFIGURED, 'set NODE_EXTRA_CA_CERTS'],
  ['over TLS 1.1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }, UNAVAILABLE, 'TLS 1.2 or later'],
])(
  'the error of an issuer with a certificate %s states this fault',
  async (_, options, code, message) => {
    const identity = { key: pem('server-key'), cert: pem('server') }
    const server = createTlsServer({ ...identity, ...options }, (socket) => socket.destroy())
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const told = await toldOf(`https://127.0.0.1:${port}`)
    server.close()
    expect(told).toMatchObject({ code, message: expect.stringContaining(message) })
  },
)

test('the error of an issuer without TLS on its port states this fault', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const told = await toldOf(`https://127.0.0.1:${port}`)
  server.close()
  expect(told).toMatchObject({ code: MISCONFIGURED, message: expect.stringMatching(/TLS on this/) })
})

test('an issuer that answers with an error is reported with the status', async () => {
  await using provider = await startSigningProvider()
  provider.script.metadataAt = '/elsewhere'
  expect(await toldOf(provider.issuer)).toMatchObject({
    code: MISCONFIGURED,
    message: expect.stringContaining('the status is 404'),
  })
})

test('scopes that the token endpoint rejects are named in the error detail', async () => {
  const refusal = { '/token': { status: 400, body: { error: 'invalid_scope' } } }
  const { result } = await speak(() => ({ scopes: ['read', 'all'] }), refusal, exchangeCode)
  expect(result).toEqual({
    kind: 'client_config',
    detail: 'the provider refuses the scopes that were sent: read all',
  })
})
