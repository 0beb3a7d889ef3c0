import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { exchange } from './exchange.ts'
import { reset } from './wire/cut.ts'
import type { World } from './world.ts'

export type ProviderServer = {
  /** Stops listening and closes all connections. */
  stop(): Promise<void>
  /** Listens at the same address again. */
  start(): Promise<void>
}

/** Opens the provider's listener on loopback. */
export async function openServer(world: World): Promise<ProviderServer> {
  const server = createServer(
    {
      keepAliveTimeout: world.settings.keepAliveMs,
      keepAliveTimeoutBuffer: 0,
      requestTimeout: 0,
    },
    (request, response) => {
      if (world.settings.keepAliveMs === 0) response.setHeader('connection', 'close')
      exchange(world, request, response).catch((error: unknown) => {
        world.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
        request.socket.destroy()
      })
    },
  )
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    void applyAcceptRules(world, socket)
  })
  const port = await listen(server, 0)
  world.origin = `http://127.0.0.1:${port}`
  return {
    start: async () => void (await listen(server, port)),
    stop: () => close(server),
  }
}

/** Applies rules that end a connection before anything is read. */
async function applyAcceptRules(world: World, socket: Socket): Promise<void> {
  const subject = { endpoint: null, grantType: null, family: null, now: world.clock.now() }
  const { main } = world.rules.take({ stage: 'accept', ...subject })
  if (main === null) return
  const record = world.log.arrive('connection')
  record.misbehaviour = main.name
  await reset(socket, 0)
  world.log.closed(record)
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
