import { httpAnswer, startRawServer } from '../odd-servers/raw-server.ts'
import { beginAt, endpointFor, redeem, refreshWith } from './endpoint-kit.ts'

export type Reply = { status?: number; body: unknown; type?: string }

/** Talks to a provider described by settings alone, on a server that answers by path. */
export async function speak(
  settings: (url: string) => object,
  replies: Record<string, Reply>,
  work: (party: Awaited<ReturnType<typeof endpointFor>>) => Promise<unknown>,
  secrets?: string[],
) {
  await using server = await startRawServer((socket, request) => {
    const path = request.split(' ')[1]?.split('?')[0] ?? ''
    const {
      status = 200,
      body,
      type = 'application/json',
    } = replies[path] ?? { status: 404, body: '' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    socket.end(httpAnswer(status, text, { 'content-type': type }))
  })
  const endpoints = {
    authorizationEndpoint: `${server.url}/auth`,
    tokenEndpoint: `${server.url}/token`,
  }
  const options = secrets === undefined ? {} : { secrets }
  const party = await endpointFor({ ...endpoints, ...settings(server.url) }, options)
  const result = await work(party)
  return { result, requests: server.requests.map(parsed) }
}

function parsed(raw: string) {
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const [method, target = ''] = line.split(' ')
  const headers = Object.fromEntries(
    lines
      .map((text) => text.split(/: (.*)/s))
      .map(([name = '', value]) => [name.toLowerCase(), value]),
  )
  const url = new URL(target, 'http://x')
  const form = Object.fromEntries(new URLSearchParams(body))
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body,
    form,
  }
}

export type Party = Awaited<ReturnType<typeof endpointFor>>
export const BASIC = 'Basic Y2xpZW50LTE6czNjcmV0'

export const TOKENS = {
  access_token: 'at',
  token_type: 'bearer',
  expires_in: 60,
  refresh_token: 'rt',
}
export const token = (body: unknown = TOKENS): Record<string, Reply> => ({ '/token': { body } })

export const exchangeCode = async (
  party: Party,
  callback: Record<string, string> = { code: 'the-code' },
) => redeem(party.endpoint, await beginAt(party), callback)
export const refreshOnce = (party: Party) =>
  refreshWith(party.endpoint, 'rt-1', { requestedScope: ['a', 'b'] })
