import type { IncomingMessage } from 'node:http'
import { standingOf } from './refresh-grant.ts'
import type { Endpoint } from './rules.ts'
import type { Asked, Shown, World } from './world.ts'

const LONGEST_BODY = 1024 * 1024

export const PATHS: Readonly<Record<Endpoint, string>> = {
  authorize: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  revoke: '/revoke',
}

export function endpointOf({ pathname }: URL): Endpoint | null {
  const entry = Object.entries(PATHS).find(([, path]) => path === pathname)
  return (entry?.[0] ?? null) as Endpoint | null
}

/** Returns null if the client left before the end of its request. */
export async function readRequest(
  world: World,
  request: IncomingMessage,
  url: URL,
): Promise<Asked | null> {
  const body = await readBody(request)
  if (body === null) return null
  const params = paramsOf(request, url, body)
  const { method = 'GET', headers } = request
  return { method, url, headers, params, body, shown: shownIn(world, headers, params) }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length <= LONGEST_BODY) chunks.push(chunk)
    }
  } catch {
    return null
  }
  return Buffer.concat(chunks).toString()
}

function paramsOf({ headers }: IncomingMessage, url: URL, body: string): Map<string, string> {
  // URLs end up in logs, so only the authorization endpoint takes parameters from its URL.
  const params = new Map(endpointOf(url) === 'authorize' ? url.searchParams : [])
  const sent = headers['content-type']?.startsWith('application/json')
    ? jsonFields(body)
    : [...new URLSearchParams(body)]
  for (const [name, value] of sent) params.set(name, value)
  return params
}

function jsonFields(body: string): readonly (readonly [string, string])[] {
  try {
    const fields = Object.entries(JSON.parse(body) as Record<string, unknown>)
    return fields.map(([name, value]) => [name, String(value)] as const)
  } catch {
    return []
  }
}

function shownIn(world: World, headers: Asked['headers'], params: Asked['params']): Shown | null {
  const bearer = /^Bearer (.+)$/i.exec(String(headers['authorization'] ?? ''))?.[1]
  const token = params.get('refresh_token') ?? params.get('token') ?? bearer
  if (token === undefined) return null
  const found = world.ledger.find(token)
  if (found === null) return { family: null, kind: 'refresh', ordinal: -1, standing: 'unknown' }
  const { family, place } = found
  const standing = place.kind === 'refresh' ? standingOf(family, place.ordinal) : 'current'
  return { family, kind: place.kind, ordinal: place.ordinal, standing }
}
