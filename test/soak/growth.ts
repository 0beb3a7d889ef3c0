import { percentile } from '../scripted-provider/checker/load.ts'

/** What may grow by so much between the first and the last third of a run, its beginning left out. */
export type Allowance = { readonly factor: number; readonly more: number }

export type Growth = { readonly from: number; readonly to: number; readonly grows: boolean }

/** What a process fills once belongs to its beginning: caches, pools, compiled code. */
const WARM_UP = 0.25

/**
 * Compares the median of the first third of the samples with that of the last one. Medians, so that one
 * collection of garbage or one checkpoint at the wrong moment decides nothing.
 */
export function growthOf(samples: readonly number[], { factor, more }: Allowance): Growth {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const third = Math.max(1, Math.floor(warm.length / 3))
  const from = percentile(warm.slice(0, third), 0.5)
  const to = percentile(warm.slice(-third), 0.5)
  return { from, to, grows: to > from * factor + more }
}
