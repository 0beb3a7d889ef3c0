import { z } from 'zod'
import { readHealth, checkReadiness } from '../../../vault/operate/health.ts'
import { endpoint, ok, PlainText } from '../endpoint.ts'
import { presentHealth } from '../present.ts'
import { healthShape, livenessShape, readinessShape } from '../wire-operations.ts'

const common = { method: 'get', params: {} } as const

export const operationEndpoints = [
  endpoint({
    ...common,
    id: 'getLiveness',
    path: '/livez',
    summary: 'Whether the process answers',
    permission: 'none',
    answers: { 200: livenessShape },
    handle: () => ok({ status: 'live' }),
  }),
  endpoint({
    ...common,
    id: 'getReadiness',
    path: '/readyz',
    summary: 'Whether tokens can be served and rotations kept',
    permission: 'none',
    answers: { 200: readinessShape, 503: readinessShape },
    handle: async ({ ports }) => {
      const readiness = await checkReadiness(ports)
      if (readiness.ready) return ok({ ready: true, reason: null })
      return { status: 503, body: { ready: false, reason: readiness.reason } } as const
    },
  }),
  endpoint({
    ...common,
    id: 'getHealth',
    path: '/healthz',
    summary: 'The state of each part',
    permission: 'any',
    reach: 'everything',
    answers: { 200: healthShape, 503: healthShape },
    handle: async ({ ports, version }) => {
      const health = presentHealth(await readHealth(ports), version)
      return { status: health.ok ? 200 : 503, body: health } as const
    },
  }),
  endpoint({
    ...common,
    id: 'getMetrics',
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    permission: 'any',
    reach: 'everything',
    answers: { 200: PlainText.shape },
    handle: async ({ metrics }) => ok(new PlainText(await metrics())),
  }),
  endpoint({
    ...common,
    id: 'getOpenApi',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI document',
    permission: 'any',
    answers: { 200: z.looseObject({}) },
    handle: ({ openApi }) => ok(openApi()),
  }),
]
