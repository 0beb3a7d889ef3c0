import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

const KEPT = 1024 * 1024

export type RedirectSink = Awaited<ReturnType<typeof openRedirectSink>>

/** The target of redirects. Records every byte, and answers with its own tokens. */
export async function openRedirectSink() {
  const sockets = new Set<Socket>()
  let connections = 0
  let received = Buffer.alloc(0)
  let bytes = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (received.length < KEPT) received = Buffer.concat([received, chunk])
      if (chunk.includes('\r\n\r\n')) socket.end(TRAP)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => ({ connections, bytes, text: received.toString('latin1') }),
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const TRAPPED = JSON.stringify({
  access_token: 'not-from-the-provider',
  token_type: 'Bearer',
  expires_in: 3_600,
  refresh_token: 'not-from-the-provider-either',
})
const TRAP = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${TRAPPED.length}\r\nconnection: close\r\n\r\n${TRAPPED}`
