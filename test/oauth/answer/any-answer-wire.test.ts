import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { one } from '../../../src/oauth/answer/read-answer.ts'
import { startRawServer } from '../../odd-servers/raw-server.ts'
import { bodies, headers, type Presented, presented, statuses } from './any-answer.ts'
import { endpointFor, refreshWith } from '../endpoint-kit.ts'
import { type Answered, expectHarmless, isDocumentedDeath } from './expect-harmless.ts'
import { recipeOf } from '../recipe/preset-kit.ts'

// Random answers over a real connection: any bytes, in any pieces, with any ending.

const PRESETS = ['google', 'slack', 'hubspot', 'twitch'] as const

type OnTheWire = { readonly bytes: Uint8Array; readonly answer: Answered | null }
type Manner = { readonly pieces: readonly number[]; readonly ending: Ending }
type Ending = 'end' | 'reset' | 'silence'
type Framing = 'length' | 'chunked' | 'until the end' | 'too long' | 'too short' | 'two lengths'

const framings = fc.constantFrom<Framing[]>(
  ...(['length', 'chunked', 'until the end', 'too long', 'too short', 'two lengths'] as const),
)

/** Header fields by framing, and whether a body with them is complete. */
const FRAMES: Record<Framing, (body: Uint8Array) => { fields: string; complete: boolean }> = {
  length: ({ length }) => ({ fields: `content-length: ${length}\r\n`, complete: true }),
  'too long': ({ length }) => ({ fields: `content-length: ${length + 9}\r\n`, complete: false }),
  'too short': ({ length }) => ({
    fields: `content-length: ${Math.max(0, length - 3)}\r\n`,
    complete: true,
  }),
  'two lengths': ({ length }) => ({
    fields: `content-length: ${length}\r\ncontent-length: 7\r\n`,
    complete: false,
  }),
  chunked: () => ({ fields: 'transfer-encoding: chunked\r\n', complete: true }),
  'until the end': () => ({ fields: '', complete: true }),
}

function answers(sent: Presented): fc.Arbitrary<OnTheWire> {
  return fc
    .record({ status: statuses, headers, body: bodies(sent), framing: framings })
    .map(({ status, headers: given, body, framing }) => {
      const { fields, complete } = FRAMES[framing](body)
      const lines = Object.entries(given).flatMap(([name, value]) =>
        [value].flat().map((text) => `${name}: ${text}\r\n`),
      )
      const head = `HTTP/1.1 ${status} Odd\r\n${lines.join('')}${fields}\r\n`
      const arriving = framing === 'too short' ? body.slice(0, Math.max(0, body.length - 3)) : body
      const contentType = one(given['content-type']) ?? ''
      return {
        bytes: Buffer.concat([Buffer.from(head), framing === 'chunked' ? inChunks(body) : body]),
        answer: { status, contentType, body: arriving, complete },
      }
    })
}

const noHttp = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes): OnTheWire => ({ bytes, answer: null }))

const cases = presented.chain((sent) =>
  fc.record({
    sent: fc.constant(sent),
    preset: fc.constantFrom(...PRESETS),
    wire: fc.oneof({ weight: 9, arbitrary: answers(sent) }, noHttp),
    pieces: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }),
    ending: fc.oneof(
      { weight: 20, arbitrary: fc.constant<Ending>('end') },
      { weight: 3, arbitrary: fc.constant<Ending>('reset') },
      { weight: 1, arbitrary: fc.constant<Ending>('silence') },
    ),
  }),
)

test('any bytes from a token endpoint give an outcome that leaks no secret', async () => {
  const spoken: { wire: OnTheWire; how: Manner }[] = []
  await using server = await startRawServer((socket) => {
    const next = spoken.at(-1)
    if (next !== undefined) void write(socket, next.wire.bytes, next.how)
  })
  const at = { authorizationEndpoint: server.url, tokenEndpoint: `${server.url}/token` }
  const parties = new Map(
    await Promise.all(
      PRESETS.map(async (preset) => {
        const party = await endpointFor({ preset, ...at }, { deadlineMs: 300 })
        return [preset, party] as const
      }),
    ),
  )
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(cases, async ({ sent, preset, wire, pieces, ending }) => {
      const party = parties.get(preset)
      if (party === undefined) throw new Error(preset)
      spoken.push({ wire, how: { pieces, ending } })
      const client = { id: 'client-1', secret: new Secret(sent.secret) }
      const outcome = await refreshWith(party.endpoint, sent.token, { client })
      seen.add(outcome.kind)
      expectHarmless(outcome, sent, wire.answer)
      if (outcome.kind !== 'grant_dead') return
      expect(isDocumentedDeath(wire.answer, recipeOf(preset))).toBe(true)
    }),
    { numRuns: 400 },
  )
  // The run proves something only if it reached these outcomes.
  expect([...seen]).toEqual(
    expect.arrayContaining(['answer_lost', 'client_config', 'grant_dead', 'ok', 'unknown_refusal']),
  )
}, 120_000)

async function write(socket: Socket, bytes: Uint8Array, how: Manner): Promise<void> {
  let from = 0
  for (const length of [...how.pieces, bytes.length]) {
    socket.write(bytes.slice(from, from + length))
    from += length
    await turn()
  }
  if (how.ending === 'end') socket.end()
  if (how.ending === 'reset') socket.resetAndDestroy()
}

function inChunks(body: Uint8Array): Uint8Array {
  const half = Math.ceil(body.length / 2)
  const parts = [body.slice(0, half), body.slice(half)].filter(({ length }) => length > 0)
  const chunks = parts.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}
