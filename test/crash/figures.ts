import { percentile } from '../support/scripted-provider/checker/load.ts'

export type Figure = { readonly name: string; readonly value: string }

export function figure(name: string, value: string | number): Figure {
  return { name, value: String(value) }
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

/** Two columns under a title. */
export function table(title: string, figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length))
  const lines = figures.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}`)
  return [title, ...lines, ''].join('\n')
}
