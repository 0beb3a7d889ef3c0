import { parseArgs } from 'node:util'
import { type Figure, missed, table } from '../support/figures.ts'
import { newSeed } from '../scripted-provider/seed.ts'
import { herd, herdFigures } from './herd.ts'
import { imports, importsFigures } from './imports.ts'
import { readers, readersFigures } from './readers.ts'
import { refusedFigures, refusedSecret } from './refused-secret.ts'
import { transientDays, transientFigures } from './transient-days.ts'

/**
 * `npm run test:outage -- <days|herd|imports|readers|secret> [--…]` runs one play at full length and
 * prints its figures with their goals. Exits 1 if a goal is missed.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: newSeed() },
    days: { type: 'string', default: '7' },
    connections: { type: 'string' },
    hanging: { type: 'string', default: '50' },
    concurrency: { type: 'string' },
    rate: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    readers: { type: 'string', default: '500' },
    answer: { type: 'string', default: '11' },
  },
})

type Played = {
  readonly title: string
  readonly figures: readonly Figure[]
  readonly violations: readonly string[]
}

const { seed } = values
const connections = (fallback: number) => Number(values.connections ?? fallback)
const plays: Record<string, () => Promise<Played>> = {
  days,
  secret,
  readers: manyReaders,
  herd: night,
  imports: movingIn,
}

const play = plays[positionals[0] ?? '']
if (play === undefined) {
  tell(`usage: npm run test:outage -- ${Object.keys(plays).join('|')} [--seed …]`)
  process.exitCode = 64
} else {
  const { title, figures, violations } = await play()
  process.stdout.write(`${table(`${title}, --seed ${seed}`, figures)}\n`)
  const faults = [...violations, ...missed(figures)]
  for (const fault of faults) tell(fault)
  if (faults.length > 0) process.exitCode = 1
}

async function days(): Promise<Played> {
  const options = { days: Number(values.days), connections: connections(50), seed }
  const report = await transientDays(options)
  return { title: 'days of transient faults', figures: transientFigures(report), ...report }
}

async function secret(): Promise<Played> {
  const options = { minutes: Number(values.minutes), connections: connections(100), seed }
  const report = await refusedSecret(options)
  return { title: 'a refused client secret', figures: refusedFigures(report), ...report }
}

async function manyReaders(): Promise<Played> {
  const answerMs = Number(values.answer) * 1000
  const report = await readers({ readers: Number(values.readers), answerMs, seed })
  return { title: 'many readers, one slow answer', figures: readersFigures(report), ...report }
}

async function night(): Promise<Played> {
  const report = await herd({
    expired: connections(10_000),
    hanging: Number(values.hanging),
    concurrency: Number(values.concurrency ?? 16),
    ratePerSecond: Number(values.rate ?? 100),
    seed,
  })
  return { title: 'a start after a long night', figures: herdFigures(report), ...report }
}

/** The default rate and concurrency are those of the settings. */
async function movingIn(): Promise<Played> {
  const report = await imports({
    lines: connections(5_000),
    concurrency: Number(values.concurrency ?? 4),
    ratePerSecond: Number(values.rate ?? 20),
    seed,
  })
  return { title: 'imports without --verify', figures: importsFigures(report), ...report }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
