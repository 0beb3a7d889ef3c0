import type { RouterMiddleware } from '@koa/router'
import type { Context } from 'koa'
import { type Answer, type Endpoint, PlainText, type EndpointPorts } from './endpoint.ts'
import { admit, requireReach } from './guard.ts'
import { parseInput } from './parse-input.ts'
import { readJsonBody } from '../read-body.ts'

/** The steps every endpoint takes, in this order. */
export function runEndpoint(endpoint: Endpoint, surroundings: EndpointPorts): RouterMiddleware {
  return async (ctx) => {
    ctx.state['route'] = `${endpoint.method.toUpperCase()} ${endpoint.path}`
    const caller = admit(endpoint, ctx.req.headers, surroundings.ports.callers)
    ctx.state['keyId'] = caller.keyId
    const call = { ...surroundings, caller }
    const raw = {
      segments: ctx.captures ?? [],
      querystring: ctx.querystring,
      body: await readJsonBody(ctx.req, endpoint.bodyLimit),
    }
    const input = parseInput(endpoint, raw, (given) => endpoint.problems(call, given))
    requireReach(caller, input)
    send(ctx, await endpoint.handle(call, input))
  }
}

function send(ctx: Context, answer: Answer): void {
  ctx.status = answer.status
  if (answer.body === null) return
  if (answer.body instanceof PlainText) {
    ctx.set('Content-Type', answer.body.contentType)
    ctx.body = answer.body.text
    return
  }
  ctx.set('Content-Type', 'application/json; charset=utf-8')
  ctx.body = JSON.stringify(answer.body)
}
