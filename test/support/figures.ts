import { percentile } from '../scripted-provider/checker/load.ts'

export type Figure = {
  readonly name: string
  readonly value: string
  /** Null if the figure has no goal. */
  readonly goal: Goal | null
}

export type Goal = { readonly text: string; readonly isMet: boolean }

export function figure(name: string, value: string | number, goal: Goal | null = null): Figure {
  return { name, value: String(value), goal }
}

export function exactly(wanted: number | string, found: number | string): Goal {
  return { text: String(wanted), isMet: found === wanted }
}

export function atMost(limit: number, found: number, unit = ''): Goal {
  return { text: `at most ${limit}${unit}`, isMet: found <= limit }
}

export function below(limit: number, found: number, unit = ''): Goal {
  return { text: `below ${limit}${unit}`, isMet: found < limit }
}

export function atLeast(limit: number, found: number): Goal {
  return { text: `at least ${limit}`, isMet: found >= limit }
}

/** `p50 0.7 · p90 1.2 · p99 3 · max 4 ms, 812 of them`. */
export function spread(values: readonly number[]): string {
  if (values.length === 0) return 'none'
  const at = (share: number) => round(percentile(values, share))
  const shares = `p50 ${at(0.5)} · p90 ${at(0.9)} · p99 ${at(0.99)} · max ${at(1)} ms`
  return `${shares}, ${values.length} of them`
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** Formats figures as two columns under a title, with the goals. */
export function table(title: string, figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length))
  const lines = figures.map((one) => `  ${one.name.padEnd(width)}  ${one.value}${aim(one)}`)
  return [title, ...lines, ''].join('\n')
}

/** Lines about the figures that missed their goals. */
export function missed(figures: readonly Figure[]): readonly string[] {
  return figures
    .filter(({ goal: wanted }) => wanted?.isMet === false)
    .map((one) => `${one.name}: ${one.value}${aim(one)}`)
}

function aim({ goal: wanted }: Figure): string {
  if (wanted === null) return ''
  return `  (goal: ${wanted.text}${wanted.isMet ? '' : ', MISSED'})`
}
