import { lstatSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { Connections } from './open-sockets.ts'

export type ListenAt =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export type ListenLimits = {
  /** How long running requests may continue when the listener closes. */
  readonly closeWithinMs: number
  /** Maximum number of open connections. Null means no limit. */
  readonly maxConnections: number | null
}

export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.1:7420` with the actual port, or `unix:/path`. */
  readonly address: string
}

const HEADERS_WITHIN_MS = 10_000
const REQUEST_WITHIN_MS = 30_000
/**
 * Longer than the idle timeout of common clients, so that the client closes an idle connection
 * first.
 */
const KEEP_ALIVE_MS = 65_000
/** How long a client may take to read its answer. */
const UNREAD_MS = 65_000
/** How often Node checks connections for timeouts. */
const CHECK_EVERY_MS = 1_000
/** How long a client may take to read an error answer before its connection is closed. */
const LINGER_MS = 1_000
const MAX_HEADER_BYTES = 16 * 1024

/** Thrown if the socket path is a file, or a socket that another process uses. */
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

/** Each listener has its own server and limits, so slow clients of one cannot block the others. */
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
      // Joins duplicate Host or Authorization headers into one value. Later checks reject that
      // value.
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

/** Creates the socket with a file mode that lets only its owner connect. */
async function bindUnix(server: Server, path: string): Promise<void> {
  await removeStaleSocket(path)
  const listening = opened(server)
  const umask = process.umask(0o177)
  try {
    // `listen` creates the socket before it returns, so the umask applies.
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

/**
 * Removes the socket of a process that was killed. Throws if the path is a file or a socket in use.
 */
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
    // Any other error may mean that a process still uses the socket.
    socket.once('error', (error) => settle(!('code' in error && error.code === 'ECONNREFUSED')))
  })
}

/**
 * Stops `server.timeout` from closing a connection while the handler works on the answer. The
 * timeout still closes idle connections and clients that stop sending or reading.
 */
function keepWhileAnswering(request: IncomingMessage, response: ServerResponse): void {
  response.on('timeout', (socket: Duplex) => {
    if (response.writableEnded || !request.complete) socket.destroy()
  })
}

/**
 * Sends an error for a request that cannot be parsed, then closes the connection. Node would leave
 * the connection open for as long as the client wants.
 */
function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = MALFORMED_STATUS[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  // Reads and discards the rest: closing with unread bytes would reset the connection before the
  // client reads the answer.
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

/** Stops accepting connections, waits `withinMs` for running requests, then closes the rest. */
async function close(server: Server, connections: Connections, withinMs: number): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => {
    // The `close` of `node:http` would truncate answers that the client has not read, and stop the
    // timeout checks.
    NetServer.prototype.close.call(server, () => resolve())
  })
  connections.closeWhenIdle()
  const late = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearTimeout(late)
  // Stops the timeout checks.
  server.close()
}
