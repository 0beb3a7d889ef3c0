import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** When the listener closes: how long a client may send or read nothing before it is cut off. */
const STALLED_WHILE_CLOSING_MS = 10_000

/**
 * The open connections of a server, with the last request of each.
 *
 * When the limit is reached, a new connection closes the one that has been idle longest: connections
 * that say nothing, send slowly or do not read their answer cannot lock out callers. A connection
 * whose request is being answered is never closed for another one. If all are of that kind, the new
 * one is refused.
 */
export class Connections {
  /** In the order of their last request; a map keeps the order in which keys were inserted. */
  readonly #open = new Map<Socket, Exchange | null>()
  readonly #limit: number
  #isClosing = false

  /** `limit` null: no limit. */
  constructor(server: Server, limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY
    server.on('connection', (socket: Socket) => this.#take(socket))
    // Before the application's own listener, which may answer at once.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#begin({ request, response })
    })
  }

  /**
   * Closes idle connections now, and each other one after its answer. An answer that is written but
   * not yet read is still under way: `closeIdleConnections` of Node would cut it.
   */
  closeWhenIdle(): void {
    this.#isClosing = true
    for (const [socket, exchange] of this.#open) {
      if (exchange === null || isOver(exchange)) socket.destroy()
      else endAfter(exchange)
    }
  }

  #take(socket: Socket): void {
    if (this.#isClosing || (this.#open.size >= this.#limit && !this.#closeOne())) {
      socket.destroy()
      return
    }
    this.#open.set(socket, null)
    socket.once('close', () => this.#open.delete(socket))
  }

  #begin(exchange: Exchange): void {
    const { socket } = exchange.request
    if (this.#open.delete(socket)) this.#open.set(socket, exchange)
    exchange.response.once('close', () => this.#ended(exchange))
    if (this.#isClosing) endAfter(exchange)
  }

  #ended({ request: { socket } }: Exchange): void {
    if (!this.#isClosing) return
    // A request that was sent behind this one may be under way.
    const last = this.#open.get(socket)
    if (last && isOver(last)) socket.destroySoon()
  }

  #closeOne(): boolean {
    for (const [socket, exchange] of this.#open) {
      if (isBeingAnswered(exchange)) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}

/** Responses leave in the order of their requests, so the last one decides. */
function isBeingAnswered(exchange: Exchange | null): boolean {
  return exchange !== null && exchange.request.complete && !exchange.response.writableEnded
}

/** The answer is in the hands of the system, which delivers it even if this process ends. */
function isOver({ response }: Exchange): boolean {
  return response.writableFinished
}

function endAfter({ request, response }: Exchange): void {
  if (!response.headersSent) response.shouldKeepAlive = false
  request.socket.setTimeout(STALLED_WHILE_CLOSING_MS)
}
