import type { RouterMiddleware } from '@koa/router'
import type { Context, Middleware } from 'koa'
import {
  type Answer,
  type Endpoint,
  type EndpointCall,
  type EndpointPorts,
  type Input,
  PlainText,
} from './endpoint.ts'
import { COMMON_HEADERS } from '../common-headers.ts'
import { hasBody, readJsonBody } from '../read-body.ts'
import { admit, requireReach } from './authorize.ts'
import { parseInput } from './parse-input.ts'

/** Makes the router's handler for an endpoint. */
export function runEndpoint(endpoint: Endpoint, surroundings: EndpointPorts): RouterMiddleware {
  const at = { endpoint, surroundings }
  return async (ctx) => {
    const { call, input } = await receive(ctx, at, async (problems) => {
      const { captures: segments = [], querystring } = ctx
      const body = await readJsonBody(ctx.req, endpoint.bodyLimit)
      return parseInput(endpoint, { segments, querystring, body }, problems)
    })
    send(ctx, await endpoint.handle(call, input))
  }
}

/**
 * Answers GET requests with the endpoint's `fast` handler, bypassing the router and Koa's response.
 * A request with a body, or with characters outside `PLAIN` in its URL, goes to the router.
 */
export function runFastForms(
  endpoints: readonly Endpoint[],
  surroundings: EndpointPorts,
): Middleware {
  const rows = endpoints.flatMap((endpoint) => {
    const { fast, method } = endpoint
    if (fast === null || method !== 'get') return []
    return [{ endpoint, surroundings, fast, pattern: plainTargets(endpoint), inputs: new Inputs() }]
  })
  return (ctx, next) => {
    const { method, url = '' } = ctx.req
    const isPlain = method === 'GET' && !hasBody(ctx.req)
    const row = isPlain ? rows.find(({ pattern }) => pattern.test(url)) : undefined
    return row === undefined ? next() : serveFast(ctx, row)
  }
}

type FastRow = {
  readonly endpoint: Endpoint
  readonly surroundings: EndpointPorts
  readonly fast: NonNullable<Endpoint['fast']>
  readonly pattern: RegExp
  readonly inputs: Inputs
}

async function serveFast(ctx: Context, row: FastRow): Promise<void> {
  const target = ctx.req.url ?? ''
  const { call, input } = await receive(ctx, row, (problems) =>
    row.inputs.parse(target, row, problems),
  )
  sendFast(ctx, await row.fast(call, input))
}

const PLAIN = String.raw`[\w.:@|~%+-]`

/**
 * Matches URLs of an endpoint that contain only plain characters. Captures the path parameters and
 * the query.
 */
function plainTargets({ path }: Endpoint): RegExp {
  const segments = path.replaceAll(/\{\w+\}/g, `(${PLAIN}+)`)
  return new RegExp(`^${segments}(?:\\?((?:${PLAIN}|[=&])*))?$`)
}

/**
 * With more, reads of many connections would keep their inputs in memory until the garbage
 * collector moves them to the old generation.
 */
const MOST_INPUTS = 2_000

/**
 * The parsed inputs of an endpoint's recent URLs. Cached, because parsing costs more than serving a
 * token.
 */
class Inputs {
  readonly #byTarget = new Map<string, Input>()

  parse(
    target: string,
    { endpoint, pattern }: Pick<FastRow, 'endpoint' | 'pattern'>,
    problems: Problems,
  ): Input {
    const known = this.#byTarget.get(target)
    if (known !== undefined) return known
    const [, ...captures] = pattern.exec(target) ?? []
    const querystring = captures.pop() ?? ''
    const raw = { segments: captures, querystring, body: undefined }
    const input = parseInput(endpoint, raw, problems)
    if (this.#byTarget.size >= MOST_INPUTS) this.#byTarget.clear()
    this.#byTarget.set(target, input)
    return input
  }
}

type Problems = Parameters<typeof parseInput>[2]

/** Runs the steps before `handle`. Their order is the same for every request. */
async function receive(
  ctx: Context,
  { endpoint, surroundings }: { readonly endpoint: Endpoint; readonly surroundings: EndpointPorts },
  parse: (problems: Problems) => Input | Promise<Input>,
): Promise<{ readonly call: EndpointCall; readonly input: Input }> {
  ctx.state['route'] = endpoint.route
  const caller = admit(endpoint, ctx.req.headers, surroundings.ports.callers)
  ctx.state['keyId'] = caller.keyId
  const call = { ...surroundings, caller }
  const input = await parse((given) => endpoint.problems(call, given))
  requireReach(caller, input)
  return { call, input }
}

const JSON_TYPE = 'application/json; charset=utf-8'

function send(ctx: Context, { status, body }: Answer): void {
  ctx.status = status
  if (body === null) return
  ctx.set('Content-Type', body instanceof PlainText ? body.contentType : JSON_TYPE)
  ctx.body = body instanceof PlainText ? body.text : JSON.stringify(body)
}

const FAST_HEADERS = [
  ...Object.entries(COMMON_HEADERS).flat(),
  'Content-Type',
  JSON_TYPE,
  'Content-Length',
]

/** Writes all headers at once, which is faster than Koa's own response. */
function sendFast(ctx: Context, text: string): void {
  ctx.respond = false
  ctx.res.writeHead(200, [...FAST_HEADERS, String(Buffer.byteLength(text))])
  ctx.res.end(text)
}
