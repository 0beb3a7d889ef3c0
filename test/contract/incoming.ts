import type { IncomingMessage } from 'node:http'

/** A request, with the address that the client wanted. */
export type Incoming = {
  readonly method: string
  /** The URL without its query. */
  readonly address: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  /** The format of the body; null if there is none. */
  readonly format: 'form' | 'json' | 'xml' | 'other' | null
  readonly body: URLSearchParams
  /** The parsed body, if it is JSON. */
  readonly json: unknown
}

/** Takes the wanted host from the Host header, because the test sends all requests to this server. */
export async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const host = request.headers.host ?? ''
  const scheme = host.startsWith('127.0.0.1:') ? 'http' : 'https'
  const url = new URL(request.url ?? '/', `${scheme}://${host}`)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const format = formatOf(request.headers['content-type'] ?? '', text)
  const json: unknown = format === 'json' ? JSON.parse(text) : null
  return {
    method: request.method ?? '',
    address: url.origin + url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    format,
    body: format === 'form' ? new URLSearchParams(text) : flat(json),
    json,
  }
}

function formatOf(contentType: string, text: string): Incoming['format'] {
  if (text === '') return null
  if (contentType.startsWith('application/x-www-form-urlencoded')) return 'form'
  if (contentType.startsWith('application/xml')) return 'xml'
  return contentType.startsWith('application/json') ? 'json' : 'other'
}

/** Members of an object as parameters. */
function flat(json: unknown): URLSearchParams {
  const members = typeof json === 'object' && json !== null ? Object.entries(json) : []
  return new URLSearchParams(
    members.map(([name, value]): [string, string] => [name, String(value)]),
  )
}
