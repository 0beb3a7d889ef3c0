import { z } from 'zod'
import { named, time } from './wire.ts'

export const webhookShape = named(
  'Webhook',
  z.object({
    id: z.string(),
    url: z.string().describe('Without its query, which may hold a secret.'),
    types: z.array(z.string()).nullable().describe('Null: all.'),
    providers: z.array(z.string()).nullable().describe('Null: all.'),
    status: z.enum(['active', 'failing', 'disabled']),
    disabled: z.object({ reason: z.enum(['gone', 'failing']), at: time }).nullable(),
    failures: z.int().describe('In a row.'),
    failingSince: time.nullable(),
    nextAttemptAt: time.nullable().describe('Null: as soon as there is something to send.'),
    lastFailure: z.object({ at: time, detail: z.string() }).nullable(),
    lastAcceptedAt: time.nullable(),
    cursor: z.string().describe('All events up to here were accepted or are held.'),
    behind: z.int().describe('How many events are after the cursor.'),
    held: z
      .int()
      .describe('Connections and providers whose events wait for one that was not accepted.'),
    lost: z.int().describe('Events that were deleted before the webhook accepted them.'),
    replay: z.object({ after: z.string(), before: z.string() }).nullable(),
  }),
)

export const webhookListShape = named('WebhookList', z.object({ items: z.array(webhookShape) }))
