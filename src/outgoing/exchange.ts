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
  /** Time limit for the whole exchange, from the DNS look-up to the last byte. */
  readonly deadlineMs: number
  readonly bodyLimit: number
  readonly stop?: AbortSignal
}

export type Cut = 'deadline' | 'stopped'

export type Exchanged =
  /** No byte of the request was written. `reason` is the connector's error or a `CutShort`. */
  | { readonly kind: 'not_sent'; readonly reason: unknown }
  | {
      readonly kind: 'sent'
      /** Null if no complete head of a final answer arrived. */
      readonly head: AnswerHead | null
      /** The received part of the body. If no head was received, all received bytes. */
      readonly body: Buffer
      readonly complete: boolean
      /** Whether any byte of an answer arrived. */
      readonly began: boolean
      /** Why the exchange ended if `complete` is false. */
      readonly failure: Cut | 'reset' | 'malformed' | 'too_large'
    }

/** The abort reason when an exchange is ended early. */
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
 * Sends one HTTP/1.1 request over a new connection and closes the connection afterwards. Follows no
 * redirect. Never rejects: a failure is part of the result.
 */
export async function exchange(
  request: HttpRequest,
  { connector, deadlineMs, bodyLimit, stop }: ExchangeOptions,
): Promise<Exchanged> {
  const cut = new AbortController()
  const onStop = () => cut.abort(new CutShort('stopped'))
  const timer = setTimeout(() => {
    // When a suspended process resumes, timers run before socket events. Wait two turns of the
    // event loop, so that data that arrived meanwhile is handled first.
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

/** Throws if a header name or value is not valid in HTTP. */
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
 * Writes the request and reads until the answer is complete, the connection ends or `signal`
 * aborts.
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
  // Closing takes time, and until the caller has stored the answer, a kill loses it.
  setImmediate(() => socket.destroy())
  const { head, body, complete, began, failure } = reader
  return { kind: 'sent', head, body, complete, began, failure: failure ?? ended }
}
