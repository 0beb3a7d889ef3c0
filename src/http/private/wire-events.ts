import { z } from 'zod'
import { FAILURE_REASONS } from '../../core/connection/connection.ts'
import {
  CONNECTION_EVENT_TYPES,
  PROVIDER_EVENT_REASONS,
  PROVIDER_EVENT_TYPES,
} from '../../core/events/event.ts'
import { eventConnectionShape, named, nextActionShape, statusShape, time } from './wire.ts'

const connectionEventShape = named(
  'ConnectionEvent',
  z.object({
    id: z.string(),
    type: z.enum(CONNECTION_EVENT_TYPES),
    createdAt: time,
    data: z.object({
      connection: eventConnectionShape,
      previousStatus: statusShape.optional(),
      reason: z.enum(FAILURE_REASONS).optional(),
      nextAction: nextActionShape.optional(),
    }),
  }),
)

const providerEventShape = named(
  'ProviderEvent',
  z.object({
    id: z.string(),
    type: z.enum(PROVIDER_EVENT_TYPES),
    createdAt: time,
    data: z.object({
      provider: z.string(),
      reason: z.enum(PROVIDER_EVENT_REASONS).optional(),
      nextAction: nextActionShape.optional(),
    }),
  }),
)

/** `type` determines the shape of `data`. */
const eventShape = named(
  'Event',
  z.discriminatedUnion('type', [connectionEventShape, providerEventShape]).meta({
    discriminator: {
      propertyName: 'type',
      mapping: {
        ...mapped(CONNECTION_EVENT_TYPES, 'ConnectionEvent'),
        ...mapped(PROVIDER_EVENT_TYPES, 'ProviderEvent'),
      },
    },
  }),
)

function mapped(types: readonly string[], schema: string) {
  return Object.fromEntries(types.map((type) => [type, `#/components/schemas/${schema}`]))
}

export const eventPageShape = named(
  'EventPage',
  z.object({ items: z.array(eventShape), nextCursor: z.string() }),
)
