import { atLeast, atMost } from '../../test/support/figures.ts'
import { row, type Row } from '../scenario.ts'
import type { Load } from './load.ts'

export type Rounds = readonly { readonly larder: Load; readonly yardstick: Load }[]

/** Alternates rounds of Larder and the yardstick, so that both meet the same machine. */
export async function alternate(
  rounds: number,
  larder: () => Promise<Load>,
  yardstick: () => Promise<Load>,
): Promise<Rounds> {
  const done: { larder: Load; yardstick: Load }[] = []
  for (let round = 0; round < rounds; round++) {
    done.push({ larder: await larder(), yardstick: await yardstick() })
  }
  return done
}

/** The rows for the rate and for the latency, with medians over all rounds. */
export function comparedRows(
  what: string,
  rounds: Rounds,
  goals: { readonly rate: number; readonly p99?: number },
): readonly Row[] {
  const of = (side: 'larder' | 'yardstick', field: keyof Load) =>
    median(rounds.map((round) => round[side][field]))
  const ratio = (field: keyof Load) =>
    median(rounds.map((round) => round.larder[field] / round.yardstick[field]))
  const rate = (side: 'larder' | 'yardstick') => `${Math.round(of(side, 'perSecond'))}/s`
  const delays = (side: 'larder' | 'yardstick') =>
    latency({ p50Ms: of(side, 'p50Ms'), p99Ms: of(side, 'p99Ms') })
  const rates = ratio('perSecond')
  const p99 = ratio('p99Ms')
  return [
    row(what, rate('larder'), {
      yardstick: rate('yardstick'),
      ratio: rates,
      goal: atLeast(goals.rate, rates),
    }),
    row(`${what}: latency`, delays('larder'), {
      yardstick: delays('yardstick'),
      ratio: p99,
      ...(goals.p99 !== undefined && { goal: atMost(goals.p99, p99, ' (p99)') }),
    }),
  ]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function latency({ p50Ms, p99Ms }: Pick<Load, 'p50Ms' | 'p99Ms'>): string {
  return `p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
}
