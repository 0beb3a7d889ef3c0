import { z } from 'zod'
import { PERMISSIONS } from '../../../core/base/access.ts'
import { parseKeyId } from '../../../core/base/ids.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../../../vault/operate/api-keys.ts'
import { created, endpoint, noContent, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentCreatedKey, presentKey } from '../present.ts'
import { createdKeyShape, keyPageShape } from '../wire.ts'

const keyBody = z.strictObject({
  name: field.text(1, 100),
  permissions: z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length),
  providers: field
    .maybe(z.array(field.providerId).min(1).max(100))
    .describe('Narrows the key to these.'),
  userIdPrefix: field
    .maybe(field.text(1, 256).regex(/[:/|_.-]$/, 'must end in one of : / | _ . -'))
    .describe('Narrows the key to users whose id begins with this prefix.'),
})

// Only an unrestricted key may manage keys: a restricted key could create an unrestricted one.
const common = { permission: 'admin', reach: 'everything' } as const

export const keyEndpoints = [
  endpoint({
    ...common,
    id: 'listKeys',
    method: 'get',
    path: '/v1/keys',
    summary: 'List API keys, oldest first',
    params: {},
    query: {
      cursor: field.text(1, 64).optional(),
      limit: field.queryDefault(field.wholeNumber(1, 500), 100),
    },
    answers: { 200: keyPageShape },
    handle: async ({ ports }, { query }) => {
      const { cursor = null, limit } = query
      const { items, nextCursor } = await listApiKeys(ports, { cursor, limit })
      return ok({ items: items.map(presentKey), nextCursor })
    },
  }),
  endpoint({
    ...common,
    id: 'createKey',
    method: 'post',
    path: '/v1/keys',
    summary: 'Make an API key',
    params: {},
    body: keyBody,
    answers: { 201: createdKeyShape },
    handle: async ({ ports, caller }, { body }) => {
      const wanted = { ...body, permissions: [...new Set(body.permissions)] }
      return created(presentCreatedKey(await createApiKey(ports, caller, wanted)))
    },
  }),
  endpoint({
    ...common,
    id: 'revokeKey',
    method: 'delete',
    path: '/v1/keys/{id}',
    summary: 'Revoke an API key',
    params: { id: field.anyId },
    answers: { 204: null },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params }) => {
      await revokeApiKey(ports, caller, parseKeyId(params.id))
      return noContent
    },
  }),
]
