import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { moveToLoadCore } from './support/cores.ts'
import { useRunDirectory } from './support/run-directory.ts'
import { type Measured, performancePage, rowsOf, textTable } from './report.ts'
import { scenarios } from './scenarios.ts'
import type { Bench, Scenario } from './scenario.ts'

const USAGE = 'usage: npm run bench -- [--list] [--size N] [--profile] [SCENARIO…]'
const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const PROFILES = fileURLToPath(new URL('../.tmp/profiles/', import.meta.url))
const MILLION = 1_000_000
/** A scenario that hangs must not keep the others from running. */
const MOST_MINUTES = 10

/**
 * Measures Larder against yardsticks on this machine. Without names it runs all scenarios and writes
 * docs/performance.md; with names it runs these and only prints.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      size: { type: 'string', default: String(MILLION) },
    },
  })
  const size = Number(values.size)
  const unknown = positionals.filter((name) => !scenarios.some((one) => one.name === name))
  if (values.list) return print(scenarios.map(({ name, title }) => `${name}: ${title}`).join('\n'))
  if (unknown.length > 0 || !(size >= 1)) {
    tell([...unknown.map((name) => `no scenario ${name}`), USAGE].join('\n'))
    process.exitCode = 64
    return
  }
  // An exit ends the daemons and removes their directories.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  moveToLoadCore()
  useRunDirectory()
  const profileDirectory = values.profile ? PROFILES : null
  if (profileDirectory !== null) await mkdir(profileDirectory, { recursive: true })
  const wanted = scenarios.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  )
  const measured = await measureAll(wanted, { size, profileDirectory, tell })
  const isWhole = positionals.length === 0 && size === MILLION && profileDirectory === null
  if (isWhole) await writeFile(PAGE, await performancePage(measured))
  print(await textTable(measured))
  if (isWhole) tell(`written: ${PAGE}`)
  // A scenario that took too long may still wait for a process.
  process.exit(measured.some(({ failure }) => failure !== null) ? 1 : 0)
}

async function measureAll(wanted: readonly Scenario[], bench: Bench): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const scenario of wanted) {
    const began = performance.now()
    const profiles = await profilesOf(bench)
    bench.tell(`${scenario.name} …`)
    const one = await measure(scenario, bench)
    measured.push(one)
    bench.tell([...rowsOf(one).map((cells) => cells.join('  ')), ''].join('\n'))
    bench.tell(`${scenario.name}: ${((performance.now() - began) / 1_000).toFixed(0)} s`)
    const hasNone = bench.profileDirectory !== null && (await profilesOf(bench)) === profiles
    if (hasNone) bench.tell(`${scenario.name} leaves no profile`)
  }
  return measured
}

/** A scenario that fails does not stop the others. Its place in the table says why it failed. */
async function measure(scenario: Scenario, bench: Bench): Promise<Measured> {
  const timer = new AbortController()
  try {
    const rows = await Promise.race([scenario.run(bench), failLater(timer.signal)])
    return { scenario, rows, failure: null }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    bench.tell(failure)
    return { scenario, rows: [], failure: failure.split('\n')[0] ?? '' }
  } finally {
    timer.abort()
  }
}

async function failLater(signal: AbortSignal): Promise<never> {
  await wait(MOST_MINUTES * 60_000, undefined, { signal })
  throw new Error(`it took more than ${MOST_MINUTES} minutes`)
}

/** How many profiles there are. */
async function profilesOf({ profileDirectory }: Bench): Promise<number> {
  return profileDirectory === null ? 0 : (await readdir(profileDirectory)).length
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

await main()
