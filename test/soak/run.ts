import { parseArgs } from 'node:util'
import { programOf } from '../support/larder-process.ts'
import { missed, round, table } from '../support/figures.ts'
import { newSeed } from '../scripted-provider/seed.ts'
import { type Row, soak, soakFigures } from './soak.ts'

/**
 * `npm run test:soak -- [--minutes 25] [--seed …] [--program …]` prints what a daemon under mixed load uses over
 * time. Exits 1 if a figure grows, a request fails or a refresh token is used twice.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '25' },
    seed: { type: 'string', default: newSeed() },
    program: { type: 'string' },
  },
})
const { seed } = values
const minutes = Number(values.minutes)

if (!(minutes > 0)) {
  tell('usage: npm run test:soak -- [--minutes N] [--seed …]')
  process.exitCode = 64
} else {
  print('minute', 'memory', 'files', 'database', 'wal', 'journal', 'events', 'read p50', 'p99')
  const report = await soak({ minutes, seed, program: programOf(values.program), tell: printRow })
  const title = `a mixed load for ${minutes} minutes, --seed ${seed}`
  const figures = soakFigures(report)
  process.stdout.write(`\n${table(title, figures)}\n`)
  for (const [what, count] of Object.entries(report.failures)) tell(`${count} of ${what}`)
  const faults = [...report.violations, ...missed(figures)]
  for (const fault of faults) tell(fault)
  if (faults.length > 0) process.exitCode = 1
}

function printRow(row: Row): void {
  const { minute, descriptors, events, readP50Ms, readP99Ms } = row
  print(
    round(minute),
    `${Math.round(row.memoryMiB)} MiB`,
    descriptors,
    kib(row.databaseKiB),
    kib(row.logKiB),
    kib(row.journalKiB),
    events,
    `${readP50Ms} ms`,
    `${readP99Ms} ms`,
  )
}

function kib(size: number): string {
  return `${Math.round(size)} KiB`
}

function print(...cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join(' ')}\n`)
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
