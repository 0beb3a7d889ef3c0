import { STATUS_CODES, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Body } from './body.ts'

/** An answer as it should reach the client. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

/** Sends it as any server would. Resolves when the last byte has left, or the client has gone. */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  if (response.destroyed) return
  const type = answer.body.type
  response.writeHead(answer.status, {
    ...(type === null ? {} : { 'content-type': type }),
    ...(answer.status === 204 ? {} : { 'content-length': answer.body.bytes.length }),
    'cache-control': 'no-store',
    ...answer.headers,
  })
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  const finished = once(response, 'finish', { signal: closed.signal }).catch(() => undefined)
  response.end(answer.body.bytes)
  await finished
}

/** The same, byte by byte as it stands on the wire. */
export function writeHead(
  { status, headers, body }: Answer,
  framing: 'length' | 'close',
): { readonly statusLine: string; readonly fields: string } {
  const all = {
    ...(body.type === null ? {} : { 'content-type': body.type }),
    'cache-control': 'no-store',
    ...headers,
    ...(framing === 'length' ? { 'content-length': String(body.bytes.length) } : {}),
    connection: 'close',
  }
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    statusLine: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`,
    fields: `${fields.join('')}\r\n`,
  }
}
