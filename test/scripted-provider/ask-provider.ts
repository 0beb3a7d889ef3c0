import { request } from 'undici'
import type { ScriptedProvider } from './scripted-provider.ts'

export type Told = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The parsed JSON body; empty if it is no JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Sends a token request as a simple client. Rejects if the connection breaks. */
export async function askToken(
  provider: Pick<ScriptedProvider, 'endpoints' | 'client'>,
  params: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Told> {
  const { id, secret } = provider.client
  return post(provider.endpoints.token, { client_id: id, client_secret: secret, ...params }, signal)
}

export function askRefresh(
  provider: Pick<ScriptedProvider, 'endpoints' | 'client'>,
  refreshToken: unknown,
  signal?: AbortSignal,
): Promise<Told> {
  const params = { grant_type: 'refresh_token', refresh_token: String(refreshToken) }
  return askToken(provider, params, signal)
}

export async function askUserinfo(
  provider: Pick<ScriptedProvider, 'endpoints'>,
  accessToken: unknown,
): Promise<Told> {
  const headers = { authorization: `Bearer ${String(accessToken)}` }
  return tell(await request(provider.endpoints.userinfo, { headers }))
}

export async function post(
  url: string,
  params: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Told> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    connection: 'close',
  }
  const body = new URLSearchParams(params).toString()
  return tell(await request(url, { method: 'POST', headers, body, signal: signal ?? null }))
}

async function tell(response: Awaited<ReturnType<typeof request>>): Promise<Told> {
  const text = await response.body.text()
  return { status: response.statusCode, headers: response.headers, text, json: jsonOf(text) }
}

function jsonOf(text: string): Told['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Told['json']) : {}
  } catch {
    return {}
  }
}
