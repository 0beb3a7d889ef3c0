import type { Goal } from '../test/support/figures.ts'

/** One line of the table. A value that does not apply is null. */
export type Row = {
  readonly what: string
  readonly larder: string
  readonly yardstick: string | null
  readonly ratio: string | null
  readonly goal: Goal | null
}

export type Scenario = {
  readonly name: string
  readonly title: string
  /** Says how the rows are measured. The generated page shows it. */
  readonly method: string
  /** Says why a goal is missed, with the shares of a CPU profile. */
  readonly inTheWay?: string
  readonly run: (bench: Bench) => Promise<readonly Row[]>
}

/** The options of a run, which each scenario gets. */
export type Bench = {
  /** The number of connections in the large vault. */
  readonly size: number
  /** The directory for CPU profiles, or null if none are wanted. */
  readonly profileDirectory: string | null
  /** Tells the person at the terminal what happens now. */
  readonly tell: (line: string) => void
}

export function row(
  what: string,
  larder: string,
  rest: { yardstick?: string; ratio?: number; goal?: Goal } = {},
): Row {
  const { yardstick = null, ratio, goal = null } = rest
  return { what, larder, yardstick, ratio: ratio === undefined ? null : ratio.toFixed(2), goal }
}
