import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'svix'
import { listen } from '../support/listen.ts'

export type Delivery = {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly event: ReceivedEvent
  readonly status: number | null
}

export type ReceivedEvent = {
  readonly id: string
  readonly type: string
  readonly createdAt: string
  readonly data: {
    readonly connection?: { readonly id: string; readonly userId: string }
    readonly provider?: string
  }
}

/** A receiver's reaction to an event: a status, null to never answer, or code that writes the answer. */
export type Reaction = (
  event: ReceivedEvent,
) => number | null | ((response: ServerResponse) => void)

/** Starts a receiver of webhooks over real HTTP. By default it accepts every event. */
export async function openReceiver(react: Reaction = () => 204) {
  const deliveries: Delivery[] = []
  const receiver = { react }
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    const event = JSON.parse(body) as ReceivedEvent
    const reaction = receiver.react(event)
    const status = typeof reaction === 'number' ? reaction : null
    deliveries.push({ headers: request.headers, body, event, status })
    if (typeof reaction === 'function') reaction(response)
    else if (reaction !== null) response.writeHead(reaction).end()
  }
  const server = createServer((request, response) => void receive(request, response))
  const { port, close } = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/hooks?key=of-the-receiver`,
    port,
    deliveries,
    /** The users or providers of all received events, in order. */
    users: () => deliveries.map(({ event }) => toldOf(event)),
    /** The users or providers of the accepted events, in order. */
    accepted: () =>
      deliveries.filter(({ status }) => status === 204).map(({ event }) => toldOf(event)),
    set react(next: Reaction) {
      receiver.react = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function toldOf({ data }: ReceivedEvent): string {
  return data.connection?.userId ?? `provider ${data.provider}`
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>

/** Verifies a delivery with the reference package of Standard Webhooks. Throws if it is not valid. */
export function verified({ body, headers }: Delivery, secret: string): unknown {
  new Webhook(secret).verify(body, headers as Record<string, string>)
  return JSON.parse(body)
}

/** A port without a listener. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
