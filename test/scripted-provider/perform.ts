import type { ServerResponse } from 'node:http'
import type { Json, Reply } from './dialects.ts'
import type { BodyShape, Misbehaviour } from './misbehaviour.ts'
import type { RequestRecord } from './request-log.ts'
import { type Answer, sendAnswer } from './wire/answer.ts'
import { writeBody } from './wire/body.ts'
import { cutAnswer } from './wire/cut.ts'
import { dripAnswer } from './wire/drip.ts'
import { fill, fillJson, type Words } from './wire/fill.ts'
import { floodAnswer } from './wire/flood.ts'
import { type Asked, type Outcome, refusal, type World } from './world.ts'

type Scene = {
  readonly record: RequestRecord
  readonly asked: Asked
  readonly response: ServerResponse
  /** Null if the request was not processed. */
  readonly outcome: Outcome | null
  readonly deed: Misbehaviour | null
}

/** Sends the answer as the rules demand, and records how much of it the client got. */
export async function perform(world: World, scene: Scene): Promise<void> {
  const { record, deed, response } = scene
  const socket = response.socket
  if (socket === null || socket.destroyed || deed?.act === 'silence') return
  const answer = answerOf(world, scene)
  record.status = answer.status
  switch (deed?.act) {
    case 'cut':
      return cutAnswer(socket, {
        answer,
        cut: deed,
        left: (sent) => noteCut(world, scene, { sent, whole: deed.after === 'body' }),
      })
    case 'drip':
      if (await dripAnswer(socket, answer, deed.everyMs)) noteWhole(world, scene, answer)
      return
    case 'flood':
      if (await floodAnswer(socket, answer, deed)) noteWhole(world, scene, answer)
      return
    default:
      return sendAnswer(response, answer, () => noteWhole(world, scene, answer))
  }
}

function answerOf(world: World, scene: Scene): Answer {
  const { deed, outcome } = scene
  const words = wordsOf(world, scene)
  const refused = deed?.act === 'refuse' ? deed.error : 'server_error'
  const { reply } = outcome ?? refusal(world, refused, refusedGrant(scene))
  const written = deed?.act === 'edit' ? edited(reply, deed, words) : reply
  const headers = deed?.act === 'edit' || deed?.act === 'answer' ? (deed.headers ?? {}) : {}
  const filled = Object.entries(headers).map(([name, value]) => [name, fill(value, words)] as const)
  return {
    status: statusOf(deed, written),
    // The provider's clock, because the client compares it with times in the answer.
    headers: {
      date: new Date(words.wall).toUTCString(),
      ...written.headers,
      ...Object.fromEntries(filled),
    },
    body: writeBody(shapeOf(world, scene), written.json, words),
  }
}

function statusOf(deed: Misbehaviour | null, reply: Reply): number {
  if (deed?.act === 'answer') return deed.status
  return (deed?.act === 'refuse' ? deed.status : undefined) ?? reply.status
}

/** GitHub answers form-encoded unless the request accepts JSON. */
function shapeOf(world: World, { deed, asked }: Scene): BodyShape {
  if (deed?.act === 'answer' && deed.body !== 'reply') return deed.body
  const wantsJson = String(asked.headers['accept'] ?? '').includes('json')
  const speaksForm = world.settings.dialect === 'github' && asked.url.pathname === '/token'
  return speaksForm && !wantsJson ? 'form' : 'reply'
}

function refusedGrant({ asked }: Scene) {
  const grant = asked.params.get('grant_type')
  return grant === 'refresh_token' || grant === 'authorization_code' ? grant : null
}

function edited(
  reply: Reply,
  { set = {}, unset = [] }: Extract<Misbehaviour, { act: 'edit' }>,
  words: Words,
): Reply {
  if (reply.json === null) return reply
  const filled = JSON.parse(fillJson(set, words)) as Json
  const json = Object.fromEntries(
    Object.entries({ ...reply.json, ...filled }).filter(([key]) => !unset.includes(key)),
  )
  return { ...reply, json }
}

function wordsOf(world: World, { asked, outcome }: Scene): Words {
  return {
    refreshToken: asked.params.get('refresh_token') ?? null,
    accessToken: outcome?.issued?.accessToken ?? null,
    clientSecret: world.secrets[0] ?? '',
    sink: world.sink.origin,
    request: asked.body,
    wall: world.clock.wall(),
  }
}

function noteWhole(world: World, scene: Scene, answer: Answer): void {
  const { record, deed, outcome } = scene
  const plain = isPlain(deed)
  record.told = plain ? 'plainly' : legible(answer.body.bytes, outcome)
  if (plain) record.refused = deed?.act === 'refuse' ? deed.error : (outcome?.refused ?? null)
  world.log.answered(record)
}

/** Whether the answer is unambiguous for any client. */
function isPlain(deed: Misbehaviour | null): boolean {
  if (deed?.act !== 'edit') return deed === null || deed.act === 'refuse' || deed.act === 'drip'
  const touched = [...Object.keys(deed.set ?? {}), ...(deed.unset ?? [])]
  return !touched.includes('access_token') && !touched.includes('error')
}

function noteCut(
  world: World,
  { record, outcome }: Scene,
  { sent, whole }: { readonly sent: Buffer; readonly whole: boolean },
): void {
  if (sent.length === 0) record.status = null
  record.told = legible(sent, outcome)
  if (whole) world.log.answered(record)
}

/** Whether the sent bytes contain the new tokens. */
function legible(sent: Buffer, outcome: Outcome | null): RequestRecord['told'] {
  const issued = outcome?.issued
  if (issued == null) return 'nothing'
  const telling = outcome?.rotated ? issued.refreshToken : issued.accessToken
  return sent.includes(telling ?? issued.accessToken) ? 'perhaps' : 'nothing'
}
