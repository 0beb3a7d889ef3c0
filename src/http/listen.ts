import { lstatSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { Connections } from './connections.ts'

export type ListenAt =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export type ListenLimits = {
  /** How long a request under way may take to end when the listener closes. */
  readonly closeWithinMs: number
  /** See `Connections`; null: no limit. */
  readonly maxConnections: number | null
}

export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.1:7420`, with the port that was given, or `unix:/path`. */
  readonly address: string
}

const HEADERS_WITHIN_MS = 10_000
const REQUEST_WITHIN_MS = 30_000
/** Longer than common clients keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 65_000
/** How long a client may leave its answer unread. */
const UNREAD_MS = 65_000
/** How often Node looks for requests that are over their time. */
const CHECK_EVERY_MS = 1_000
/** What a client has to read a refusal; then its connection is closed, whatever it does. */
const LINGER_MS = 1_000
const MAX_HEADER_BYTES = 16 * 1024

/** What stands at the path of a socket was left as it is. */
export class ListenError extends Error {
  readonly reason: 'no_socket' | 'in_use'

  constructor(reason: ListenError['reason'], path: string) {
    super(
      reason === 'in_use'
        ? `${path} is in use by another process`
        : `${path} exists and is no socket`,
    )
    this.name = 'ListenError'
    this.reason = reason
  }
}

/** A server of its own: slow clients of one listener take nothing from the other. */
export async function listen(
  callback: (request: IncomingMessage, response: ServerResponse) => unknown,
  at: ListenAt,
  limits: ListenLimits,
): Promise<Listener> {
  const server = createServer(
    {
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // A second Host or Authorization becomes part of the first, and is then refused with it.
      joinDuplicateHeaders: true,
    },
    callback,
  )
  server.timeout = UNREAD_MS
  server.prependListener('request', keepWhileAnswering)
  server.on('clientError', answerMalformed)
  const connections = new Connections(server, limits.maxConnections)
  await (at.kind === 'tcp' ? bindTcp(server, at) : bindUnix(server, at.path))
  return {
    address: addressOf(server, at),
    [Symbol.asyncDispose]: () => close(server, connections, limits.closeWithinMs),
  }
}

function bindTcp(server: Server, at: { readonly host: string; readonly port: number }) {
  const listening = opened(server)
  server.listen({ host: at.host, port: at.port })
  return listening
}

/** Only its owner may connect, from the first moment: the socket is made with that mode. */
async function bindUnix(server: Server, path: string): Promise<void> {
  await removeStaleSocket(path)
  const listening = opened(server)
  const umask = process.umask(0o177)
  try {
    // Binds before it returns.
    server.listen({ path })
  } finally {
    process.umask(umask)
  }
  await listening
}

function opened(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** What a process that was killed left behind. A file, or a socket that is answered, stays. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new ListenError('no_socket', path)
  if (await isAnswered(path)) throw new ListenError('in_use', path)
  unlinkSync(path)
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    const settle = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => settle(true))
    // Anything but a refusal may be a process that is only busy, or not ours to judge.
    socket.once('error', (error) => settle(!('code' in error && error.code === 'ECONNREFUSED')))
  })
}

/**
 * `server.timeout` closes an idle connection, and one whose client stopped sending its request or
 * reading its answer. It leaves one alone whose answer is still being made.
 */
function keepWhileAnswering(request: IncomingMessage, response: ServerResponse): void {
  response.on('timeout', (socket: Duplex) => {
    if (response.writableEnded || !request.complete) socket.destroy()
  })
}

/**
 * Bare: what could not be parsed has no host, no route and no caller. Node leaves the connection to
 * this listener, so it is closed here: a client that keeps its own half open would hold it for ever.
 */
function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = MALFORMED_STATUS[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  // Unread bytes at the closing would reset the connection before the client has its answer.
  socket.resume()
  const late = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(late))
}

const MALFORMED_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function addressOf(server: Server, at: ListenAt): string {
  if (at.kind === 'unix') return `unix:${at.path}`
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return `http://${host}:${(server.address() as AddressInfo).port}`
}

/** Accepts no connection any more, lets answers under way end, then cuts what is left. */
async function close(server: Server, connections: Connections, withinMs: number): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => {
    // Not that of `node:http`: it cuts answers that are not read yet, and stops the checks of timeouts.
    NetServer.prototype.close.call(server, () => resolve())
  })
  connections.closeWhenIdle()
  const late = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearTimeout(late)
  // Ends those checks.
  server.close()
}
