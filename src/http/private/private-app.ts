import { METHODS } from 'node:http'
import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import { VaultError } from '../../core/base/errors.ts'
import type { Ports } from '../../ports/ports.ts'
import { COMMON_HEADERS } from '../common-headers.ts'
import type { Endpoint, EndpointPorts } from './endpoint.ts'
import { authenticate, foreignRequestGuard, type HostRule } from './authorize.ts'
import { openApiDocument } from './openapi.ts'
import { privateEndpoints } from './private-endpoints.ts'
import { type LogFailure, requestIds, sendProblem } from './send-problem.ts'
import { runEndpoint, runFastForms } from './run-endpoint.ts'
import type { Events } from '../../observe/observed-events.ts'

export type PrivateExtras = Pick<EndpointPorts, 'metrics' | 'version'> &
  HostRule & {
    readonly logFailure: LogFailure
    readonly requestAnswered: Events['requestAnswered']
  }

/** The private API as a Koa application; `listen.ts` opens its listener. */
export function createPrivateApp(
  ports: Ports,
  extras: PrivateExtras,
  endpoints: readonly Endpoint[] = privateEndpoints,
): Koa {
  const app = new Koa({ env: 'production' })
  const { metrics, version, logFailure, requestAnswered } = extras
  const openApi = once(() => openApiDocument(endpoints, version))
  const surroundings: EndpointPorts = { ports, metrics, version, openApi }
  const nextId = requestIds(ports.random)

  app.use(reportAnswers(ports.clock, requestAnswered))
  app.use(boundary(foreignRequestGuard(extras), { nextId, logFailure }))
  app.use(runFastForms(endpoints, surroundings))
  app.use(ownMethods(ports, endpoints))
  app.use(routerOf(endpoints, surroundings).routes())
  app.use(answerUnmatched(ports))
  // Logs errors that occur while an answer is written, unless the caller closed the connection.
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return
    logFailure({ requestId: nextId(), route: 'while answering', error })
  })
  return app
}

function reportAnswers(
  clock: Ports['clock'],
  requestAnswered: Events['requestAnswered'],
): Middleware {
  return async (ctx, next) => {
    const startedAt = clock.monotonic()
    await next()
    const { route = 'no route', keyId = null, requestId = null } = ctx.state as State
    requestAnswered({
      method: METHODS.includes(ctx.method) ? ctx.method : 'other',
      route,
      status: ctx.res.statusCode,
      durationMs: Math.round((clock.monotonic() - startedAt) * 10) / 10,
      keyId,
      requestId,
    })
  }
}

type State = { readonly route?: string; readonly keyId?: string; readonly requestId?: string }

/** Converts errors to answers and adds the common headers. */
function boundary(
  refuseForeign: ReturnType<typeof foreignRequestGuard>,
  reporting: Parameters<typeof sendProblem>[2],
): Middleware {
  return async (ctx, next) => {
    try {
      refuseForeign(ctx.req)
      await next()
    } catch (error) {
      sendProblem(ctx, error, reporting)
    }
    // A `fast` handler has already sent its headers.
    if (!ctx.res.headersSent) ctx.set(COMMON_HEADERS)
  }
}

function routerOf(endpoints: readonly Endpoint[], surroundings: EndpointPorts): Router {
  const router = new Router({ sensitive: true, strict: true })
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const method = endpoint.method.toUpperCase()
    const layer = router.register(path, [method], runEndpoint(endpoint, surroundings))
    // The router adds HEAD to every GET route.
    if (endpoint.head === 'refused') layer.methods = [method]
  }
  return router
}

/**
 * Prevents `/v1/connections/batch` from matching `/v1/connections/{id}`: a path without parameters
 * accepts only the methods that the route table has for it.
 */
function ownMethods(ports: Ports, endpoints: readonly Endpoint[]): Middleware {
  const methods = new Map<string, string[]>()
  for (const { path, method, head } of endpoints) {
    if (path.includes('{')) continue
    const own = method === 'get' && head === 'answered' ? ['HEAD', 'GET'] : [method.toUpperCase()]
    methods.set(path, [...(methods.get(path) ?? []), ...own])
  }
  return (ctx, next) => {
    const own = methods.get(ctx.path)
    return own === undefined || own.includes(ctx.method) ? next() : refuseMethod(ctx, ports, own)
  }
}

/** Answers an unknown route or method. Only a caller with a key learns which routes exist. */
function answerUnmatched(ports: Ports): Middleware {
  return (ctx: Context) => {
    const matched = (ctx['matched'] ?? []) as readonly { readonly methods: readonly string[] }[]
    refuseMethod(ctx, ports, [...new Set(matched.flatMap(({ methods }) => methods))])
  }
}

function refuseMethod(ctx: Context, ports: Ports, allowed: readonly string[]): never {
  ctx.state['keyId'] = authenticate(ctx.req.headers.authorization, ports.callers).keyId
  if (allowed.length === 0) throw new VaultError('not_found', 'there is no such route')
  ctx.set('Allow', allowed.join(', '))
  throw new VaultError('method_not_allowed', 'the Allow header names the methods of this route')
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}
