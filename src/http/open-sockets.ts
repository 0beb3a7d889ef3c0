import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/**
 * The last use of a connection. It is changed in place: to delete and insert a map entry for each
 * request leaves old tables of the map behind, which keep finished requests in memory until a full
 * garbage collection.
 */
type LastUse = {
  exchange: Exchange | null
  /** Counts the connections and requests of the server. */
  ordinal: number
}

/** How long a connection may be inactive while the listener closes. */
const STALLED_WHILE_CLOSING_MS = 10_000

/**
 * The open connections of a server, with the last request of each. At the limit, a new connection
 * replaces the connection that has been idle longest, so that idle and slow clients cannot lock out
 * callers. A connection whose request is being answered is never replaced. If all connections are
 * being answered, the new one is refused.
 */
export class Connections {
  readonly #open = new Map<Socket, LastUse>()
  readonly #limit: number
  #uses = 0
  #isClosing = false

  /** If `limit` is null, there is no limit. */
  constructor(server: Server, limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY
    server.on('connection', (socket: Socket) => this.#take(socket))
    // Runs before the application's listener, which may answer at once.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#begin({ request, response })
    })
  }

  /**
   * Closes idle connections now and busy connections after their answer. Node's
   * `closeIdleConnections` would also truncate an answer that the client has not read yet.
   */
  closeWhenIdle(): void {
    this.#isClosing = true
    for (const [socket, { exchange }] of this.#open) {
      if (exchange === null || isOver(exchange)) socket.destroy()
      else endAfter(exchange)
    }
  }

  #take(socket: Socket): void {
    if (this.#isClosing || (this.#open.size >= this.#limit && !this.#closeOne())) {
      socket.destroy()
      return
    }
    this.#open.set(socket, { exchange: null, ordinal: this.#uses++ })
    socket.once('close', () => this.#open.delete(socket))
  }

  #begin(exchange: Exchange): void {
    const last = this.#open.get(exchange.request.socket)
    if (last !== undefined) {
      last.exchange = exchange
      last.ordinal = this.#uses++
    }
    exchange.response.once('close', () => this.#ended(exchange))
    if (this.#isClosing) endAfter(exchange)
  }

  #ended({ request: { socket } }: Exchange): void {
    if (!this.#isClosing) return
    // The client may have sent another request on this connection.
    const last = this.#open.get(socket)?.exchange
    if (last && isOver(last)) socket.destroySoon()
  }

  /** Closes the connection that has been idle longest. Returns false if none is idle. */
  #closeOne(): boolean {
    let oldest: Socket | null = null
    let ordinal = Number.POSITIVE_INFINITY
    for (const [socket, last] of this.#open) {
      if (last.ordinal > ordinal || isBeingAnswered(last.exchange)) continue
      oldest = socket
      ordinal = last.ordinal
    }
    if (oldest === null) return false
    this.#open.delete(oldest)
    oldest.destroy()
    return true
  }
}

/** Node sends responses in the order of the requests, so checking the last request is enough. */
function isBeingAnswered(exchange: Exchange | null): boolean {
  return exchange !== null && exchange.request.complete && !exchange.response.writableEnded
}

/**
 * Whether the kernel has the whole answer. The kernel delivers the answer even if this process
 * exits.
 */
function isOver({ response }: Exchange): boolean {
  return response.writableFinished
}

function endAfter({ request, response }: Exchange): void {
  if (!response.headersSent) response.shouldKeepAlive = false
  request.socket.setTimeout(STALLED_WHILE_CLOSING_MS)
}
