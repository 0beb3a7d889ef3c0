import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Socket } from 'node:net'
import { type AnswerHead, AnswerReader } from './answer-reader.ts'
import type { Connector } from './connect.ts'

export type HttpRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export type ExchangeOptions = {
  readonly connector: Connector
  /** For the whole exchange, from the look-up of the name to the last byte. */
  readonly deadlineMs: number
  readonly bodyLimit: number
  readonly stop?: AbortSignal
}

export type Cut = 'deadline' | 'stopped'

export type Exchanged =
  /** No byte of the request was written; the connector's error or a cut says why. */
  | { readonly kind: 'not_sent'; readonly reason: unknown }
  | {
      readonly kind: 'sent'
      /** Null: no complete head of a final answer arrived. */
      readonly head: AnswerHead | null
      /** The received part of the body; without a head, the bytes received instead of an answer. */
      readonly body: Buffer
      readonly complete: boolean
      /** Whether any byte of an answer arrived. */
      readonly began: boolean
      /** Why the exchange is not complete. */
      readonly failure: Cut | 'reset' | 'malformed' | 'too_large'
    }

/** Ends an exchange early. */
class CutShort extends Error {
  readonly cut: Cut

  constructor(cut: Cut) {
    super(cut)
    this.cut = cut
  }
}

export function cutOf(reason: unknown): Cut | null {
  return reason instanceof CutShort ? reason.cut : null
}

/**
 * Runs one HTTP/1.1 request over its own connection, which is closed afterwards. Follows no
 * redirect and never throws because of a peer.
 */
export async function exchange(
  request: HttpRequest,
  { connector, deadlineMs, bodyLimit, stop }: ExchangeOptions,
): Promise<Exchanged> {
  const cut = new AbortController()
  const onStop = () => cut.abort(new CutShort('stopped'))
  const timer = setTimeout(() => {
    // After the process was suspended, timers run first. Data that arrived meanwhile is handled
    // before this one.
    setImmediate(() => setImmediate(() => cut.abort(new CutShort('deadline'))))
  }, deadlineMs)
  stop?.addEventListener('abort', onStop)
  try {
    const written = bytesOf(request)
    const socket = await connector(request.url, cut.signal)
    return await converse(socket, written, { bodyLimit, signal: cut.signal })
  } catch (reason) {
    return { kind: 'not_sent', reason }
  } finally {
    clearTimeout(timer)
    stop?.removeEventListener('abort', onStop)
  }
}

/** Throws for a header that cannot stand in a request. */
function bytesOf({ method, url, headers, body }: HttpRequest): Buffer {
  const content = Buffer.from(body ?? '')
  const hasLength = body !== null || method !== 'GET'
  const fields = {
    host: url.host,
    connection: 'close',
    ...headers,
    ...(hasLength && { 'content-length': String(content.length) }),
  }
  const lines = Object.entries(fields).map(([name, value]) => {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return `${name}: ${value}\r\n`
  })
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), content])
}

/**
 * Writes the request and reads until the answer is complete, the connection ends or the time is
 * over.
 */
async function converse(
  socket: Socket,
  request: Buffer,
  { bodyLimit, signal }: { readonly bodyLimit: number; readonly signal: AbortSignal },
): Promise<Exchanged> {
  const reader = new AnswerReader(bodyLimit)
  const { promise, resolve } = Promise.withResolvers<Cut | 'reset'>()
  const onAbort = () => resolve(cutOf(signal.reason) ?? 'deadline')
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes)
    if (reader.isOver) resolve('reset')
  })
  socket.on('end', () => {
    reader.end()
    resolve('reset')
  })
  socket.on('error', () => resolve('reset'))
  socket.on('close', () => resolve('reset'))
  socket.write(request)
  const ended = await promise
  signal.removeEventListener('abort', onAbort)
  socket.destroy()
  const { head, body, complete, began, failure } = reader
  return { kind: 'sent', head, body, complete, began, failure: failure ?? ended }
}
