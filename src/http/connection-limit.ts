import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/**
 * Limits the connections of a server. When the limit is reached, a new connection closes the one
 * that has been idle longest: connections that say nothing, send slowly or do not read their answer
 * cannot lock out callers. A connection whose request is being answered is never closed for another
 * one. If all are of that kind, the new one is refused.
 */
export function limitConnections(server: Server, limit: number): void {
  // In the order of their last request; a map keeps the order in which keys were inserted.
  const connections = new Map<Socket, Exchange | null>()
  server.on('connection', (socket: Socket) => {
    if (connections.size >= limit && !closeOne(connections)) {
      socket.destroy()
      return
    }
    connections.set(socket, null)
    socket.once('close', () => connections.delete(socket))
  })
  // Before the application's own listener, which may answer at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (connections.delete(request.socket)) connections.set(request.socket, { request, response })
  })
}

function closeOne(connections: Map<Socket, Exchange | null>): boolean {
  for (const [socket, exchange] of connections) {
    if (isBeingAnswered(exchange)) continue
    connections.delete(socket)
    socket.destroy()
    return true
  }
  return false
}

/** Responses leave in the order of their requests, so the last one decides. */
function isBeingAnswered(exchange: Exchange | null): boolean {
  return exchange !== null && exchange.request.complete && !exchange.response.writableEnded
}
