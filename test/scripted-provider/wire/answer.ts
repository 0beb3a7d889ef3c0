import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Body } from './body.ts'

/** An answer to send. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

/** Sends an answer normally. Calls `left` after the last byte, before the connection closes. */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  left: () => void,
): Promise<void> {
  const { type, bytes } = answer.body
  response.writeHead(answer.status, {
    ...(type === null ? {} : { 'content-type': type }),
    ...(answer.status === 204 ? {} : { 'content-length': bytes.length }),
    'cache-control': 'no-store',
    ...answer.headers,
  })
  await new Promise<void>((resolve) => {
    response.once('finish', left)
    response.once('close', resolve)
    response.end(bytes)
  })
}

/** Encodes the head of an answer as raw bytes. */
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
