import { percentile } from '../scripted-provider/checker/load.ts'

/** Allowed growth between the first and the last third of a run, without its warm-up. */
export type Allowance = { readonly factor: number; readonly more: number }

export type Growth = { readonly from: number; readonly to: number; readonly grows: boolean }

/** Share of a run in which the process fills caches and pools and compiles code. */
const WARM_UP = 0.25

/**
 * Compares the medians of the first and the last third of the samples. With medians, a single garbage
 * collection or checkpoint does not matter.
 */
export function growthOf(samples: readonly number[], { factor, more }: Allowance): Growth {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const third = Math.max(1, Math.floor(warm.length / 3))
  const from = percentile(warm.slice(0, third), 0.5)
  const to = percentile(warm.slice(-third), 0.5)
  return { from, to, grows: to > from * factor + more }
}
