import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** Sends raw bytes and returns the answer once it is complete or the connection is closed. */
export async function sendRaw(address: string, ...parts: readonly string[]): Promise<string> {
  const { hostname, port, pathname } = new URL(address)
  const isSocket = address.startsWith('unix:')
  const socket = connect(isSocket ? { path: pathname } : { host: hostname, port: Number(port) })
  for (const part of parts) socket.write(part)
  socket.end()
  return text(socket)
}
