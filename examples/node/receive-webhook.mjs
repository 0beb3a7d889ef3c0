// Receives events on port 3000. Needs the package standardwebhooks.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks' // or 'svix'

const webhook = new Webhook(process.env.LARDER_WEBHOOK_SECRET)

createServer(async (request, response) => {
  const body = await text(request)
  try {
    webhook.verify(body, request.headers)
  } catch {
    response.writeHead(401).end()
    return
  }
  const event = JSON.parse(body)
  console.log(event.id, event.type)
  response.writeHead(204).end()
}).listen(process.env.PORT ?? 3000)
