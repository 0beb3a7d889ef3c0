import { z } from 'zod'
import { quietly } from '../../../core/connection/quiet-import.ts'
import { importProblems } from '../../../vault/connect/request-problems.ts'
import { importBatch } from '../../../vault/import/import-batch.ts'
import { endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { parseBody } from '../parse-input.ts'
import { presentBatch } from '../present-lines.ts'
import { batchShape } from '../wire-batch.ts'
import { draftOf, importBody } from './credentials.ts'

export const MOST_LINES = 500
const LIMIT_BYTES = 4 * 1024 * 1024

const batchBody = z.strictObject({
  items: z
    .array(z.unknown().meta({ $ref: '#/components/schemas/ConnectionImport' }))
    .min(1)
    .max(MOST_LINES)
    .describe(
      'Each as the body of POST /v1/connections. A bad item is refused without affecting others.',
    ),
  verify: field
    .otherwise(z.boolean(), false)
    .describe('Proves each item at its provider before the answer, at the rate of the settings.'),
  events: field
    .otherwise(z.boolean(), true)
    .describe('If false, connections are stored without `connection.created` and the like.'),
})

export const batchEndpoints = [
  endpoint({
    id: 'importConnections',
    method: 'post',
    path: '/v1/connections/batch',
    summary: 'Import many connections at once',
    permission: 'connections:write',
    params: {},
    body: batchBody,
    bodyLimit: LIMIT_BYTES,
    answers: { 200: batchShape },
    handle: async (call, { body }) => {
      const { ports, caller } = call
      const items = body.items.map((item) => () => {
        const given = parseBody(importBody, item, (fields) => importProblems(ports, caller, fields))
        const newDraft = draftOf(call, given)
        return body.events ? newDraft : { ...newDraft, draft: quietly(newDraft.draft) }
      })
      const how = body.verify ? 'verified' : 'unverified'
      return ok(presentBatch(await importBatch(ports, items, how)))
    },
  }),
]
