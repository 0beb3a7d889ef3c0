import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, writeHead } from './answer.ts'
import { write } from './cut.ts'

/** Sends the answer byte by byte. Returns whether the client stayed to the end. */
export async function dripAnswer(
  socket: Socket,
  answer: Answer,
  everyMs: number,
): Promise<boolean> {
  const { statusLine, fields } = writeHead(answer, 'length')
  const bytes = Buffer.concat([Buffer.from(statusLine + fields), answer.body.bytes])
  const left = new AbortController()
  socket.once('close', () => left.abort())
  for (const byte of bytes) {
    if (socket.destroyed) return false
    await write(socket, Buffer.of(byte))
    await wait(everyMs, undefined, { signal: left.signal }).catch(() => undefined)
  }
  const stayed = !socket.destroyed
  socket.end()
  return stayed
}
