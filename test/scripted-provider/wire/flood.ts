import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Misbehaviour } from '../misbehaviour.ts'
import { type Answer, writeHead } from './answer.ts'
import { write } from './cut.ts'

type Flood = Extract<Misbehaviour, { act: 'flood' }>

const CHUNK = 64 * 1024
const MEMBER = 16 * 1024 * 1024

/** Sends a huge answer as fast as it is read. Returns whether the client stayed to the end. */
export async function floodAnswer(socket: Socket, answer: Answer, flood: Flood): Promise<boolean> {
  for (const bytes of FLOODS[flood.with](answer, flood.amount)) {
    if (socket.destroyed) return false
    await write(socket, bytes)
  }
  const stayed = !socket.destroyed
  socket.end()
  return stayed
}

const FLOODS: Record<Flood['with'], (answer: Answer, amount: number) => Iterable<Buffer>> = {
  *body(answer, amount) {
    const start = Buffer.from('{"filler":"')
    const end = Buffer.from(`",${answer.body.bytes.toString().slice(1)}`)
    yield head(answer, { 'content-length': String(start.length + amount + end.length) })
    yield start
    yield* repeated(Buffer.alloc(CHUNK, 'x'), amount)
    yield end
  },
  *gzip(answer, amount) {
    yield head(answer, { 'content-encoding': 'gzip' })
    const member = gzipSync(Buffer.alloc(MEMBER, ' '))
    for (let decoded = 0; decoded < amount; decoded += MEMBER) yield member
    yield gzipSync(answer.body.bytes)
  },
  *headers(answer, amount) {
    const { statusLine, fields } = writeHead(answer, 'length')
    yield Buffer.from(statusLine)
    for (let sent = 0; sent < amount; sent += 1_000) {
      const names = Array.from({ length: Math.min(1_000, amount - sent) }, (_, n) => sent + n)
      yield Buffer.from(names.map((n) => `x-filler-${n}: ${n}\r\n`).join(''))
    }
    yield Buffer.from(fields)
    yield answer.body.bytes
  },
  *chunks(answer, amount) {
    yield head(answer, { 'transfer-encoding': 'chunked' })
    const chunk = Buffer.from(`400\r\n${' '.repeat(0x400)}\r\n`)
    const batch = Buffer.concat(Array.from({ length: 16 }, () => chunk))
    yield* repeated(batch, amount)
    yield Buffer.from('0\r\n\r\n')
  },
}

function head(answer: Answer, headers: Readonly<Record<string, string>>): Buffer {
  const headed = { ...answer, headers: { ...answer.headers, ...headers } }
  const { statusLine, fields } = writeHead(headed, 'close')
  return Buffer.from(statusLine + fields)
}

function* repeated(block: Buffer, amount: number): Iterable<Buffer> {
  for (let left = amount; left > 0; left -= block.length) {
    yield left < block.length ? block.subarray(0, left) : block
  }
}
