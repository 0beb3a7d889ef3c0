import type { Companion, Misbehaviour } from '../misbehaviour.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Faults below HTTP, and endless or huge answers. */
export const WIRE = {
  'reset-on-accept': { act: 'cut', after: 'accept' },
  'reset-after-headers': { act: 'cut', after: 'headers' },
  'reset-after-request': { act: 'cut', after: 'request' },
  'reset-before-answer': { act: 'cut', after: 'processing' },
  'reset-after-status-line': { act: 'cut', after: 'status-line' },
  'reset-mid-headers': { act: 'cut', after: 'part-of-headers' },
  'reset-mid-body': { act: 'cut', after: 'part-of-body' },
  'reset-instead-of-end': { act: 'cut', after: 'body', framing: 'close' },
  'reset-after-whole-answer': { act: 'cut', after: 'body', framing: 'length' },
  'close-before-answer': { act: 'cut', after: 'processing', ending: 'close' },
  'close-mid-body': { act: 'cut', after: 'part-of-body', ending: 'close' },
  'never-ends': { act: 'cut', after: 'body', framing: 'close', ending: 'open' },
  'stalls-mid-body': { act: 'cut', after: 'part-of-body', ending: 'open' },

  silence: { act: 'silence' },
  drip: { act: 'drip', everyMs: 1_000 },
  'fast-drip': { act: 'drip', everyMs: 10 },
  'slow-answer': { act: 'delay', before: 'answer', ms: 8_000 },
  'slow-processing': { act: 'delay', before: 'processing', ms: 8_000 },

  'huge-body': { act: 'flood', with: 'body', amount: 64 * MIB },
  'gzip-bomb': { act: 'flood', with: 'gzip', amount: 1024 * MIB },
  'hundred-thousand-headers': { act: 'flood', with: 'headers', amount: 100_000 },
  'endless-chunks': { act: 'flood', with: 'chunks', amount: Number.POSITIVE_INFINITY },
} as const satisfies Record<string, Misbehaviour | Companion>
