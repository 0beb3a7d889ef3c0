import { z } from 'zod'
import { named, problemShape, statusShape } from './wire.ts'

const { code, detail, nextAction, reason, errors, connectionId } = problemShape.shape

const lineProblem = z
  .object({ code, detail, nextAction, reason, errors, connectionId })
  .describe('The problem that the item alone would cause.')

const OUTCOMES = ['created', 'replaced', 'unchanged', 'accepted', 'refused'] as const

export const batchShape = named(
  'BatchResult',
  z.object({
    items: z.array(
      z.object({
        index: z.int().describe('Of the line, from 0.'),
        outcome: z
          .enum(OUTCOMES)
          .describe('`accepted`: stored as a draft; replaces what is there after it is proven.'),
        connectionId: z.string().nullable().describe('Null if refused or accepted.'),
        status: statusShape.nullable(),
        problem: lineProblem.nullable(),
      }),
    ),
    counts: z.object({
      created: z.int(),
      replaced: z.int(),
      unchanged: z.int(),
      accepted: z.int(),
      refused: z.int(),
    }),
  }),
)
