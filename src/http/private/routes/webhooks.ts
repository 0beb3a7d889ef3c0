import { z } from 'zod'
import { enableWebhook } from '../../../vault/webhooks/enable-webhook.ts'
import { listWebhooks } from '../../../vault/webhooks/list-webhooks.ts'
import { type EventPosition, replayWebhook } from '../../../vault/webhooks/replay-webhook.ts'
import { endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { parseTime } from '../parse-time.ts'
import { presentWebhook } from '../present.ts'
import { webhookListShape, webhookShape } from '../wire-webhooks.ts'

const position = field
  .text(1, 64)
  .transform((raw, ctx): EventPosition => {
    if (/^\d{1,15}$/.test(raw)) return { cursor: Number(raw) }
    const parsed = parseTime(raw)
    if ('at' in parsed) return parsed
    const message = `${parsed.flaw}; or be a nextCursor of GET /v1/events`
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .describe('A nextCursor of GET /v1/events, or an ISO 8601 time.')

const replayBody = z.strictObject({ after: position, before: field.maybe(position) })

const common = { permission: 'admin', reach: 'everything' } as const

export const webhookEndpoints = [
  endpoint({
    ...common,
    id: 'listWebhooks',
    method: 'get',
    path: '/v1/webhooks',
    summary: 'List webhooks and their state',
    params: {},
    answers: { 200: webhookListShape },
    handle: async ({ ports }) => ok({ items: (await listWebhooks(ports)).map(presentWebhook) }),
  }),
  endpoint({
    ...common,
    id: 'enableWebhook',
    method: 'post',
    path: '/v1/webhooks/{id}/enable',
    summary: 'Enable a webhook and send at once',
    params: { id: field.anyId },
    answers: { 200: webhookShape },
    errors: ['not_found'],
    handle: async ({ ports }, { params }) =>
      ok(presentWebhook(await enableWebhook(ports, params.id))),
  }),
  endpoint({
    ...common,
    id: 'replayWebhook',
    method: 'post',
    path: '/v1/webhooks/{id}/replay',
    summary: 'Send past events to a webhook again',
    params: { id: field.anyId },
    body: replayBody,
    answers: { 200: webhookShape },
    errors: ['not_found'],
    handle: async ({ ports }, { params, body }) =>
      ok(presentWebhook(await replayWebhook(ports, params.id, body))),
  }),
]
