import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { ConnectionId, ProviderId, UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'
import { getToken, type TokenDemand } from '../vault/get-token.ts'
import { authenticate, requirePermission, requireReach } from './guard.ts'
import { tokenWriter } from './present.ts'
import { hasBody } from './read-body.ts'
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

  async function serve(ctx: Context, wanted: TokenDemand): Promise<void> {
    ctx.state['route'] = 'GET token'
    const caller = authenticate(ctx.req.headers.authorization, ports.callers)
    requirePermission(caller, 'tokens:read')
    const { target } = wanted
    if (!('id' in target)) requireReach(caller, { params: target, query: {}, body: {} })
    const served = await getToken(ports, caller, wanted)
    ctx.status = 200
    ctx.set('Content-Type', 'application/json; charset=utf-8')
    ctx.body = write(served, ports.clock.now())
  }
}

const BY_CONNECTION =
  /^\/v1\/connections\/(con_[0-9a-hjkmnp-tv-z]{26})\/token(?:\?minTtlSeconds=(\d{1,5}))?$/
/** Ids that need no decoding. */
const BY_USER =
  /^\/v1\/users\/([\w.:@|~-]{1,256})\/oauth\/([\w-]{1,64})\/token(?:\?minTtlSeconds=(\d{1,5}))?$/

function parsePlainRead(request: IncomingMessage): TokenDemand | null {
  const { method, url = '' } = request
  if (method !== 'GET' || !url.startsWith('/v1/') || hasBody(request)) return null
  const byConnection = BY_CONNECTION.exec(url)
  if (byConnection !== null) {
    const [, id = '', minTtl] = byConnection
    return demandOf({ id: id as ConnectionId }, minTtl)
  }
  const byUser = BY_USER.exec(url)
  if (byUser === null) return null
  const [, userId = '', provider = '', minTtl] = byUser
  const target = { userId: userId as UserId, provider: provider as ProviderId, account: null }
  return demandOf(target, minTtl)
}

function demandOf(target: TokenDemand['target'], minTtl: string | undefined): TokenDemand | null {
  const minTtlSeconds = minTtl === undefined ? DEFAULT_MIN_TTL_SECONDS : Number(minTtl)
  return minTtlSeconds > MAX_MIN_TTL_SECONDS ? null : { target, minTtlSeconds, rejected: null }
}
