import type { Socket } from 'node:net'
import type { CutPoint, Misbehaviour } from '../misbehaviour.ts'
import { type Answer, writeHead } from './answer.ts'

type Cut = Extract<Misbehaviour, { act: 'cut' }>

/** Time for the client to read the sent bytes before the reset discards them. */
const READ_FIRST_MS = 20

/** Sends the answer up to the cut, reports the sent bytes, and ends the connection. */
export async function cutAnswer(
  socket: Socket,
  { answer, cut, left }: { answer: Answer; cut: Cut; left: (sent: Buffer) => void },
): Promise<void> {
  const sent = beginning(answer, cut)
  if (sent.length > 0) await write(socket, sent)
  if (socket.destroyed) return
  left(sent)
  if (cut.ending === 'open') return
  if (cut.ending === 'close') socket.end()
  else await reset(socket, sent.length > 0 ? READ_FIRST_MS : 0)
}

function beginning(answer: Answer, cut: Cut): Buffer {
  const { statusLine, fields } = writeHead(answer, cut.framing ?? 'length')
  const { bytes } = answer.body
  const parts: Record<CutPoint, () => readonly (string | Buffer)[]> = {
    accept: () => [],
    headers: () => [],
    request: () => [],
    processing: () => [],
    'status-line': () => [statusLine],
    'part-of-headers': () => [statusLine, fields.slice(0, Math.floor(fields.length / 2))],
    'part-of-body': () => [
      statusLine,
      fields,
      bytes.subarray(0, Math.floor(bytes.length * (cut.share ?? 0.5))),
    ],
    body: () => [statusLine, fields, bytes],
  }
  return Buffer.concat(parts[cut.after]().map((part) => Buffer.from(part)))
}

export async function write(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', resolve)
    socket.write(bytes, () => {
      socket.off('close', resolve)
      resolve()
    })
  })
}

export async function reset(socket: Socket, afterMs: number): Promise<void> {
  if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs))
  socket.resetAndDestroy()
}
