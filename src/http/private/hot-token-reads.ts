import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { getToken, type TokenRequest } from '../../vault/tokens/get-token.ts'
import { COMMON_HEADERS } from '../common-headers.ts'
import { isDotSegment } from './fields.ts'
import { authenticate, requirePermission, requireReach } from './guard.ts'
import { tokenWriter } from './present.ts'
import { hasBody } from '../read-body.ts'
import { DEFAULT_MIN_TTL_SECONDS, MAX_MIN_TTL_SECONDS } from './routes/tokens.ts'

/**
 * The token routes again, for requests of the plainest form: almost all of them are, and they are
 * nearly all that an app asks. Anything else goes on to the route table, whose answers are the same.
 */
export function hotTokenReads(ports: Ports): Middleware {
  const write = tokenWriter(ports)
  return (ctx, next) => {
    const wanted = parsePlainRead(ctx.req)
    return wanted === null ? next() : serve(ctx, wanted)
  }

  async function serve(ctx: Context, wanted: TokenRequest): Promise<void> {
    ctx.state['route'] = 'id' in wanted.target ? ROUTES.connection : ROUTES.user
    const caller = authenticate(ctx.req.headers.authorization, ports.callers)
    ctx.state['keyId'] = caller.keyId
    requirePermission(caller, 'tokens:read')
    const { target } = wanted
    if (!('id' in target)) requireReach(caller, { params: target, query: {}, body: {} })
    const served = await getToken(ports, caller, wanted)
    answer(ctx, write(served, ports.clock.now()))
  }
}

const ROUTES = {
  connection: 'GET /v1/connections/{id}/token',
  user: 'GET /v1/users/{userId}/oauth/{provider}/token',
}

const HEADERS = [
  ...Object.entries(COMMON_HEADERS).flat(),
  'Content-Type',
  'application/json; charset=utf-8',
  'Content-Length',
]

/** Past Koa's setters: with all headers in one write the answer costs what it costs bare Koa. */
function answer(ctx: Context, text: string): void {
  ctx.respond = false
  ctx.res.writeHead(200, [...HEADERS, String(Buffer.byteLength(text))])
  ctx.res.end(text)
}

const LONGEST_USER_ID = 256

const BY_CONNECTION =
  /^\/v1\/connections\/(con_[0-9a-hjkmnp-tv-z]{26})\/token(?:\?minTtlSeconds=(\d{1,5}))?$/
const BY_USER =
  /^\/v1\/users\/([\w.:@|~%-]+)\/oauth\/([\w-]{1,64})\/token(?:\?minTtlSeconds=(\d{1,5}))?$/

function parsePlainRead(request: IncomingMessage): TokenRequest | null {
  const { method, url = '' } = request
  if (method !== 'GET' || !url.startsWith('/v1/') || hasBody(request)) return null
  const byConnection = BY_CONNECTION.exec(url)
  if (byConnection !== null) {
    const [, id = '', minTtl] = byConnection
    return demandOf({ id: id as ConnectionId }, minTtl)
  }
  const byUser = BY_USER.exec(url)
  if (byUser === null) return null
  const [, encoded = '', provider = '', minTtl] = byUser
  const userId = decodeUserId(encoded)
  if (userId === null) return null
  return demandOf({ userId, provider: provider as ProviderId, account: null }, minTtl)
}

/** Null for what the route table has to judge. */
function decodeUserId(encoded: string): UserId | null {
  try {
    const userId = encoded.includes('%') ? decodeURIComponent(encoded) : encoded
    return isPlainUserId(userId) ? (userId as UserId) : null
  } catch {
    return null
  }
}

function isPlainUserId(id: string): boolean {
  return id.length <= LONGEST_USER_ID && !id.includes('\0') && !isDotSegment(id)
}

function demandOf(target: TokenRequest['target'], minTtl: string | undefined): TokenRequest | null {
  const minTtlSeconds = minTtl === undefined ? DEFAULT_MIN_TTL_SECONDS : Number(minTtl)
  return minTtlSeconds > MAX_MIN_TTL_SECONDS ? null : { target, minTtlSeconds, rejected: null }
}
