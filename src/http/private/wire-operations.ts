import { z } from 'zod'
import { named, time } from './wire.ts'

export const livenessShape = named('Liveness', z.object({ status: z.literal('live') }))

export const readinessShape = named(
  'Readiness',
  z.object({ ready: z.boolean(), reason: z.string().nullable() }),
)

const connectionCount = z.object({ provider: z.string(), status: z.string(), count: z.int() })

const providerHealth = z.object({
  id: z.string(),
  state: z.enum(['ok', 'unavailable', 'misconfigured', 'throttled']),
  since: time.nullable(),
  retryAt: time.nullable(),
  clientSecret: z
    .object({
      index: z.int().nullable().describe('From 0; null: none was accepted since it was read.'),
      count: z.int(),
    })
    .nullable(),
})

const webhookHealth = z.object({
  id: z.string(),
  state: z.enum(['active', 'failing', 'disabled']),
  since: time.nullable(),
  retryAt: time.nullable(),
  behind: z.int(),
  held: z.int(),
  lost: z.int(),
})

const jobHealth = z.object({
  name: z.string(),
  lastEndedAt: time.nullable(),
  runningForMs: z.int().nullable(),
})

const checkResult = z.enum(['passed', 'indexes_rebuilt', 'damaged', 'failed'])

/** Counts and lists are null if the database cannot be reached. */
export const healthShape = named(
  'Health',
  z.object({
    ok: z.boolean(),
    version: z.string(),
    stopping: z.boolean(),
    database: z.object({
      ok: z.boolean(),
      reason: z.string().nullable(),
      check: z.object({ result: checkResult.nullable(), endedAt: time.nullable() }),
    }),
    key: z.object({ ok: z.boolean() }),
    journal: z.object({ waiting: z.int() }),
    scheduler: z.object({
      lastScanAt: time.nullable(),
      lagMs: z.number(),
      jobs: z.array(jobHealth),
    }),
    oldestOverdueMs: z.number().nullable(),
    revocationsQueued: z.int().nullable(),
    connections: z.array(connectionCount).nullable(),
    providers: z.array(providerHealth),
    webhooks: z.array(webhookHealth).nullable(),
  }),
)
