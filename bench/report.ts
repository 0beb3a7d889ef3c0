import { format, resolveConfig } from 'prettier'
import { machine } from './support/machine.ts'
import type { Row, Scenario } from './scenario.ts'

/** The result of one scenario. `failure` says why it has no rows. */
export type Measured = {
  readonly scenario: Scenario
  readonly rows: readonly Row[]
  readonly failure: string | null
}

const HEADINGS = ['what', 'Larder', 'yardstick', 'ratio', 'goal', 'met'] as const

/** The table for a terminal, below the versions. */
export async function textTable(measured: readonly Measured[]): Promise<string> {
  const cells = [HEADINGS, ...measured.flatMap(rowsOf)]
  const widths = HEADINGS.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const head = (await machine()).map(([name, value]) => `${name}: ${value}`)
  return [...head, '', ...lines].join('\n')
}

/** The page docs/performance.md. */
export async function performancePage(measured: readonly Measured[]): Promise<string> {
  const text = [
    '# Performance',
    '',
    '`npm run bench` measures Larder, built as it is shipped, and writes this page. A yardstick is ' +
      'a program that does the least work for the same result, on the same machine in the same ' +
      'run. Compare ratios; the times depend on the machine. The large vault has a million ' +
      'connections.',
    '',
    line(['machine', '']),
    line(['---', '---']),
    ...(await machine()).map(line),
    '',
    line(HEADINGS),
    line(HEADINGS.map(() => '---')),
    ...measured.flatMap(rowsOf).map(line),
    '',
    '## How it is measured',
    '',
    ...measured.flatMap(({ scenario }) => [
      `**${scenario.title}** (\`${scenario.name}\`). ${scenario.method}`,
      '',
    ]),
    '## What stands in the way of the missed goals',
    '',
    'CPU profiles come from `npm run bench -- SCENARIO --profile`. The shares are of the busy time.',
    '',
    ...measured.flatMap(({ scenario: { title, inTheWay } }) =>
      inTheWay === undefined ? [] : [`**${title}.** ${inTheWay}`, ''],
    ),
  ].join('\n')
  const options = await resolveConfig('docs/performance.md')
  return format(text, { ...options, parser: 'markdown' })
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`
}

/** The cells of the table. */
export function rowsOf({ scenario, rows, failure }: Measured): readonly (readonly string[])[] {
  if (failure !== null) return [[scenario.title, `not measured: ${failure}`, '', '', '', '']]
  return rows.map(({ what, larder, yardstick, ratio, goal }) => [
    what,
    larder,
    yardstick ?? '–',
    ratio ?? '–',
    goal?.text ?? '–',
    goal === null ? '–' : goal.isMet ? 'yes' : 'no',
  ])
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
