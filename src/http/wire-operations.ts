import { z } from 'zod'
import { named, time } from './wire.ts'

export const livenessShape = named('Liveness', z.object({ status: z.literal('live') }))

export const readinessShape = named(
  'Readiness',
  z.object({ ready: z.boolean(), reason: z.string().nullable() }),
)

export const healthShape = named(
  'Health',
  z.object({
    ok: z.boolean(),
    version: z.string(),
    database: z.object({ ok: z.boolean(), reason: z.string().nullable() }),
    key: z.object({ ok: z.boolean() }),
    scheduler: z.object({ lastScanAt: time.nullable(), lagMs: z.number() }),
    oldestOverdueMs: z.number(),
    revocationsQueued: z.int(),
    connections: z.array(z.object({ provider: z.string(), status: z.string(), count: z.int() })),
    providers: z.array(
      z.object({
        id: z.string(),
        state: z.enum(['ok', 'unavailable', 'misconfigured', 'throttled']),
        since: time.nullable(),
        retryAt: time.nullable(),
      }),
    ),
    webhooks: z.array(
      z.object({
        id: z.string(),
        state: z.enum(['active', 'failing', 'disabled']),
        since: time.nullable(),
        retryAt: time.nullable(),
        behind: z.int(),
        held: z.int(),
        lost: z.int(),
      }),
    ),
  }),
)
