import { viewStoredEvent } from '../../../core/events/connection-view.ts'
import { listEvents } from '../../../vault/operate/list-events.ts'
import { endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { eventPageShape } from '../wire-events.ts'

export const eventEndpoints = [
  endpoint({
    id: 'listEvents',
    method: 'get',
    path: '/v1/events',
    summary: 'List events, oldest first',
    permission: 'events:read',
    params: {},
    query: {
      after: field.text(1, 64).optional().describe('The nextCursor of an earlier answer.'),
      limit: field.queryDefault(field.wholeNumber(1, 1000), 100),
    },
    answers: { 200: eventPageShape },
    handle: async ({ ports, caller }, { query }) => {
      const wanted = { after: query.after ?? null, limit: query.limit }
      const { items, nextCursor } = await listEvents(ports, caller, wanted)
      return ok({ items: items.map(viewStoredEvent), nextCursor })
    },
  }),
]
