import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

type Asked = {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: unknown
}
type Answer = { readonly status: number; readonly body: unknown }

/** A listener that answers from a table of `METHOD /path` and records each request. */
export async function scriptedDaemon(
  answers: Readonly<Record<string, Answer>>,
  socket?: string,
): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = []
  const answerOne = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    const body = headers['content-type'] === undefined ? undefined : await json(request)
    asked.push({ method, url, authorization: headers.authorization, body })
    const answer = answers[`${method} ${url}`] ?? { status: 599, body: null }
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(answer.body === null ? '' : JSON.stringify(answer.body))
  }
  const server = createServer((request, response) => void answerOne(request, response))
  if (socket === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const port = (server.address() as AddressInfo).port
  return { url: socket === undefined ? `http://127.0.0.1:${port}` : `unix:${socket}`, asked }
}
