import { connect } from 'node:net'
import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import type { Deed } from '../misbehaviour.ts'
import type { MisbehaviourName } from '../misbehaviours/table.ts'
import type { RequestRecord } from '../request-log.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import { newGrant } from './one-grant.ts'
import { type Received, refreshByWire, refreshRequest } from './wire-client.ts'

let provider: ScriptedProvider

beforeAll(async () => {
  provider = await createScriptedProvider({ profile: 'strict' })
})
beforeEach(() => provider.behave())
afterAll(() => provider[Symbol.asyncDispose]())

async function meet(
  what: MisbehaviourName | Deed,
  how: { readonly processed?: boolean; readonly leaveAfter?: number } = {},
) {
  const { family, refreshToken } = await newGrant(provider)
  const processed = how.processed === undefined ? {} : { processed: how.processed }
  await provider.misbehave(what, { next: 1, ...processed })
  const received = await refreshByWire(provider, refreshToken, how.leaveAfter)
  const after = await provider.requestCount()
  await provider.until({ count: 1, phase: 'closed', after: after - 1 })
  const [record] = await provider.requests({ after: after - 1 })
  if (record === undefined) throw new Error('the request was not recorded')
  const rotated = (await provider.family(family)).current !== refreshToken
  return { received, record, rotated }
}

type CutCase = {
  readonly ending: Received['ending']
  readonly rotated: boolean
  readonly told: RequestRecord['told']
  readonly got: (received: Received) => void
}

const nothing = ({ bytes }: Received) => expect(bytes).toHaveLength(0)
const wholeBody = ({ body }: Received) => expect(JSON.parse(body.toString())).toBeTypeOf('object')
const halfBody = ({ headers, body }: Received) => {
  expect(body.length).toBe(Math.floor(Number(headers.get('content-length')) / 2))
}

const CUTS: readonly (readonly [MisbehaviourName, CutCase])[] = [
  ['reset-on-accept', { ending: 'reset', rotated: false, told: 'nothing', got: nothing }],
  ['reset-after-headers', { ending: 'reset', rotated: false, told: 'nothing', got: nothing }],
  ['reset-after-request', { ending: 'reset', rotated: false, told: 'nothing', got: nothing }],
  ['reset-before-answer', { ending: 'reset', rotated: true, told: 'nothing', got: nothing }],
  [
    'reset-after-status-line',
    {
      ending: 'reset',
      rotated: true,
      told: 'nothing',
      got: ({ bytes }) => expect(bytes.toString()).toBe('HTTP/1.1 200 OK\r\n'),
    },
  ],
  [
    'reset-mid-headers',
    {
      ending: 'reset',
      rotated: true,
      told: 'nothing',
      got: ({ bytes }) => {
        expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type/)
        expect(bytes.includes('\r\n\r\n')).toBe(false)
      },
    },
  ],
  ['reset-mid-body', { ending: 'reset', rotated: true, told: 'nothing', got: halfBody }],
  ['reset-instead-of-end', { ending: 'reset', rotated: true, told: 'perhaps', got: wholeBody }],
  ['reset-after-whole-answer', { ending: 'reset', rotated: true, told: 'perhaps', got: wholeBody }],
  ['close-before-answer', { ending: 'end', rotated: true, told: 'nothing', got: nothing }],
  ['close-mid-body', { ending: 'end', rotated: true, told: 'nothing', got: halfBody }],
]

test.each(CUTS)(
  'the misbehaviour %s ends the connection at the expected point by default',
  async (name, { ending, rotated, told, got }) => {
    const met = await meet(name)
    expect(met.received.ending).toBe(ending)
    got(met.received)
    expect(met.rotated).toBe(rotated)
    expect(met.record).toMatchObject({ misbehaviour: name, told })
  },
)

test.each([
  ['reset-after-request', true, false],
  ['reset-before-answer', false, false],
  ['reset-after-status-line', false, false],
  ['reset-mid-headers', false, false],
  ['reset-mid-body', false, false],
  ['reset-instead-of-end', false, false],
  ['reset-after-whole-answer', false, false],
] as const)(
  'the misbehaviour %s with processed: %s ends the connection, and the request is processed accordingly',
  async (name, processed, rotated) => {
    const met = await meet(name, { processed })
    expect(met.received.ending).toBe('reset')
    expect([met.rotated, met.record.processedAt !== null]).toEqual([rotated, rotated])
  },
)

test('an answer that is cut after the refresh token counts as perhaps received', async () => {
  const { record, received } = await meet({ act: 'cut', after: 'part-of-body', share: 0.95 })
  expect(received.body.toString()).toContain('"refresh_token"')
  expect(record.told).toBe('perhaps')
})

test('reset-instead-of-end sends no content length, and reset-after-whole-answer sends it', async () => {
  const open = await meet('reset-instead-of-end')
  expect(open.received.headers.has('content-length')).toBe(false)
  const told = await meet('reset-after-whole-answer')
  expect(told.received.headers.get('content-length')).toBe(String(told.received.body.length))
  expect(told.record.answeredAt).not.toBeNull()
  expect((await meet('reset-mid-body')).record.answeredAt).toBeNull()
})

/** Meets a misbehaviour that keeps the connection open while other requests are answered. */
async function meetUnending(name: MisbehaviourName) {
  const { family, refreshToken } = await newGrant(provider)
  await provider.misbehave(name, { next: 1, family })
  const { hostname, port } = new URL(provider.origin)
  const socket = connect({ host: hostname, port: Number(port) })
  let received = ''
  let ended = false
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('end', () => (ended = true))
  socket.write(refreshRequest(provider, refreshToken))
  await provider.until({ family, count: 1, phase: 'arrived' })
  for (const _ of [1, 2, 3]) {
    const other = await newGrant(provider)
    expect((await refreshByWire(provider, other.refreshToken)).ending).toBe('end')
  }
  const met = { received, ended, rotated: (await provider.family(family)).current !== refreshToken }
  socket.destroy()
  await provider.until({ family, count: 1, phase: 'closed' })
  return met
}

test('silence reads the request, does not process it and sends nothing', async () => {
  expect(await meetUnending('silence')).toEqual({ received: '', ended: false, rotated: false })
})

test('never-ends sends the whole answer and keeps the connection open', async () => {
  const met = await meetUnending('never-ends')
  expect(met).toMatchObject({ ended: false, rotated: true })
  expect(met.received).toMatch(/\r\n\r\n\{.*\}$/s)
})

test('stalls-mid-body sends half of the answer and keeps the connection open', async () => {
  const met = await meetUnending('stalls-mid-body')
  expect(met).toMatchObject({ ended: false, rotated: true })
  expect(met.received).toMatch(/\r\n\r\n\{[^}]*$/s)
})

test('drip sends one byte at each interval', async () => {
  const arrivals: number[] = []
  const { refreshToken } = await newGrant(provider)
  await provider.misbehave('fast-drip', { next: 1 })
  const { hostname, port } = new URL(provider.origin)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(refreshRequest(provider, refreshToken))
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    arrivals.push(...Array.from(chunk, () => performance.now()))
    if (arrivals.length > 20) break
  }
  const [first = 0] = arrivals
  expect((arrivals[20] ?? 0) - first).toBeGreaterThan(20 * 8)
})

test('a delay before the answer processes the request at once, a delay before processing does not', async () => {
  for (const [before, early] of [
    ['answer', true],
    ['processing', false],
  ] as const) {
    const { family, refreshToken } = await newGrant(provider)
    await provider.misbehave({ act: 'delay', before, ms: 150 }, { next: 1 })
    const asked = performance.now()
    const answer = refreshByWire(provider, refreshToken)
    await provider.until({ family, count: 1, phase: 'arrived' })
    expect((await provider.family(family)).current !== refreshToken).toBe(early)
    expect((await answer).ending).toBe('end')
    expect(performance.now() - asked).toBeGreaterThan(145)
    expect((await provider.family(family)).current).not.toBe(refreshToken)
  }
})

test('huge-body sends a correct answer of 64 MiB', async () => {
  const { received } = await meet('huge-body')
  expect(received.body.length).toBeGreaterThan(64 * 1024 * 1024)
  expect(Number(received.headers.get('content-length'))).toBe(received.body.length)
  expect(received.body.subarray(-200).toString()).toContain('"refresh_token"')
})

test('a gzip flood is small on the wire and hundreds of times larger when decoded', async () => {
  const { received } = await meet({ act: 'flood', with: 'gzip', amount: 64 * 1024 * 1024 })
  expect(received.headers.get('content-encoding')).toBe('gzip')
  expect(received.body.length).toBeLessThan(200_000)
  let decoded = 0
  await pipeline(Readable.from([received.body]), createGunzip(), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) decoded += chunk.length
  })
  expect(decoded).toBeGreaterThan(64 * 1024 * 1024)
})

test('gzip-bomb sends less than 4 MiB', async () => {
  const { received } = await meet('gzip-bomb')
  expect(received.body.length).toBeLessThan(4 * 1024 * 1024)
})

test('hundred-thousand-headers sends 100,000 headers and a correct body', async () => {
  const { received } = await meet('hundred-thousand-headers')
  expect(received.headerCount).toBeGreaterThanOrEqual(100_000)
  wholeBody(received)
})

test('endless-chunks sends until the client closes the connection', async () => {
  const { received, record } = await meet('endless-chunks', { leaveAfter: 4 * 1024 * 1024 })
  expect(received.headers.get('transfer-encoding')).toBe('chunked')
  expect(received.ending).toBe('left')
  expect(record.closedAt).not.toBeNull()
})

test('the redirect sink records every byte from a client that follows a redirect', async () => {
  const { refreshToken } = await newGrant(provider)
  await provider.misbehave('redirect-307', { next: 1 })
  const body = refreshRequest(provider, refreshToken).split('\r\n\r\n')[1] ?? ''
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const followed = await fetch(provider.endpoints.token, { method: 'POST', headers, body })
  expect(await followed.json()).toMatchObject({ access_token: 'not-from-the-provider' })
  const { sink } = await provider.truth()
  expect(sink.connections).toBe(1)
  expect(sink.text).toContain(encodeURIComponent(refreshToken))
})

test('a provider that does not listen refuses connections until it listens again', async () => {
  const { refreshToken } = await newGrant(provider)
  await provider.stopListening()
  const refused = await refreshByWire(provider, refreshToken)
  await provider.listenAgain()
  expect([refused.ending, refused.bytes.length]).toEqual(['reset', 0])
  expect((await refreshByWire(provider, refreshToken)).statusLine).toBe('HTTP/1.1 200 OK')
})
