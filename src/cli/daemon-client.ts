import { request as askHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as askHttps } from 'node:https'
import { parseJson } from '../core/base/json.ts'
import type { Secret } from '../core/base/secret.ts'
import { EXIT, Refusal } from './refusal.ts'

export type Question = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Percent-encoded. */
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
  readonly withinMs?: number
}

export type Ask = <T>(question: Question) => Promise<T>

/** Longer than the daemon waits for a provider's response. */
const ANSWER_WITHIN_MS = 90_000

/**
 * Sends requests to the private API at `http://…`, `https://…` or `unix:/path`. Throws a `Refusal`
 * for an error response.
 */
export function daemonClient(config: { readonly url: string; readonly apiKey: Secret }): Ask {
  return async <T>(question: Question): Promise<T> => {
    const { status, body } = await exchange(config.url, {
      ...question,
      headers: { authorization: `Bearer ${config.apiKey.expose()}` },
    })
    if (status >= 400) throw refusalOf(status, body)
    // The daemon's responses have the types of its OpenAPI document.
    return body as T
  }
}

/** Sends one request to the daemon. Throws a `Refusal` only if there is no response. */
export async function exchange(
  url: string,
  question: Question & { readonly headers?: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly body: unknown }> {
  const text = question.body === undefined ? null : JSON.stringify(question.body)
  const options = {
    ...destination(url, question.path),
    method: question.method,
    headers: { ...question.headers, ...(text && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(question.withinMs ?? ANSWER_WITHIN_MS),
  }
  try {
    const response = await send(options, text)
    return { status: response.statusCode ?? 0, body: await readJson(response) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    const hint = 'is it running, and does LARDER_URL name its private listener?'
    throw new Refusal(`the daemon cannot be reached${code}`, hint, EXIT.unavailable)
  }
}

function destination(url: string, path: string): RequestOptions {
  if (url.startsWith('unix:')) return { socketPath: url.slice('unix:'.length), path }
  const { protocol, hostname, port, pathname } = new URL(url)
  // Node expects an IPv6 address without the brackets of the URL.
  const host = hostname.replace(/^\[|\]$/g, '')
  return { protocol, host, port, path: pathname.replace(/\/$/, '') + path }
}

function send(options: RequestOptions, text: string | null): Promise<IncomingMessage> {
  const ask = options.protocol === 'https:' ? askHttps : askHttp
  return new Promise((resolve, reject) => {
    ask(options, resolve)
      .on('error', reject)
      .end(text ?? undefined)
  })
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  try {
    return text === '' ? null : parseJson(text)
  } catch {
    return null
  }
}

const HINTS: Readonly<Record<string, string>> = {
  invalid_request: 'correct what is named; --help lists the options of each command',
  unauthenticated: 'LARDER_API_KEY must be the key the daemon was started with, or one it made',
  forbidden: 'the key lacks the permission; "larder keys list" shows what each may do',
  not_found: 'list what there is with "larder connections list" or "larder keys list"',
  misdirected_request: 'add the host of LARDER_URL to LARDER_ALLOWED_HOSTS of the daemon',
  confirmation_required: 'the host app has to confirm the connection first',
  reconnect_required: 'make a new link with "larder link <user> <provider>"',
  provider_misconfigured: 'check client id, secret and redirect uri of the provider',
  provider_unavailable: 'try again later; the daemon does so by itself',
  storage_unavailable: 'ask GET /readyz what is wrong with the database',
}

const OTHER_HINT = 'docs/api.md explains this code'

/** The daemon logs only its own failures. */
function logHint({ requestId }: Problem): string {
  return `the log tells more under ${requestId ?? 'its time'}`
}

type Problem = {
  readonly code?: string
  readonly detail?: string
  readonly requestId?: string
  readonly errors?: readonly { readonly name: string; readonly detail: string }[]
}

function refusalOf(status: number, body: unknown): Refusal {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem
  if (problem.code === undefined) {
    return new Refusal(`the answer does not come from a daemon (${status})`, 'check LARDER_URL')
  }
  const fields = (problem.errors ?? []).map(({ name, detail }) => `; ${name}: ${detail}`).join('')
  const hint = problem.code === 'internal' ? logHint(problem) : (HINTS[problem.code] ?? OTHER_HINT)
  return new Refusal(`${problem.detail ?? problem.code}${fields} (${problem.code})`, hint)
}
