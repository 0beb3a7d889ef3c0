import { expect, test } from 'vitest'
import { openEgress, proveGuard, type OutgoingRequest } from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { httpAnswer, startRawServer } from '../../odd-servers/raw-server.ts'
import { request, resolving } from './egress-kit.ts'

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
