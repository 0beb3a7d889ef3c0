import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export type Json = Readonly<Record<string, unknown>>

export type Answered = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Empty without a JSON body. */
  readonly json: Json
}

export type Question = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

/** Plain HTTP, because `fetch` does not send any Host, Origin or method, or a GET body. */
export async function ask(address: string, question: Question): Promise<Answered> {
  const { body } = question
  const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const answered = Promise.withResolvers<Answered>()
  const sent = request(
    {
      ...target(address),
      agent: false,
      method: question.method ?? 'GET',
      path: question.path,
      headers: {
        ...(payload === undefined
          ? {}
          : {
              'content-type': 'application/json',
              'content-length': String(Buffer.byteLength(payload)),
            }),
        ...question.headers,
      },
    },
    (response) => {
      text(response).then(
        (received) =>
          answered.resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: received,
            json: jsonOf(response.headers['content-type'], received),
          }),
        answered.reject,
      )
    },
  )
  sent.on('error', answered.reject)
  sent.end(payload)
  return answered.promise
}

function target(address: string) {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) }
  const { hostname, port } = new URL(address)
  return { host: hostname.replace(/^\[|\]$/g, ''), port }
}

function jsonOf(type: string | undefined, body: string): Json {
  return /json/.test(type ?? '') && body !== '' ? (JSON.parse(body) as Json) : {}
}

export function itemsOf({ json }: Answered): readonly Json[] {
  return json['items'] as readonly Json[]
}
