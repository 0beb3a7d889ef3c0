import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { stringify } from 'yaml'
import { atMost, exactly, type Figure, figure, round } from '../support/figures.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { masterKey } from '../support/open-vault-store.ts'
import { check } from '../scripted-provider/checker/check.ts'
import { percentile } from '../scripted-provider/checker/load.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { settingsFor } from '../support/vault-stage.ts'
import { openReceiver } from '../webhooks/receiver.ts'
import { type Allowance, growthOf } from './growth.ts'
import { importOne, mixedLoad, REDIRECT_URL } from './mixed-load.ts'
import { pace, type Tally } from './pace.ts'
import { type Sample, sample } from './sample.ts'

export type Row = Sample & {
  readonly minute: number
  readonly events: number
  readonly readP50Ms: number
  readonly readP99Ms: number
}

export type Soak = {
  readonly seed: string
  readonly seconds: number
  readonly rows: readonly Row[]
  readonly refreshes: number
  readonly failures: Readonly<Record<string, number>>
  readonly exitCode: number | NodeJS.Signals
  readonly violations: readonly string[]
}

export type SoakOptions = {
  readonly minutes: number
  readonly seed: string
  /** Called with each row. */
  readonly tell?: (row: Row) => void
  /** The words that run the program. Without them, its sources run. */
  readonly program?: readonly string[] | undefined
  readonly environment?: Readonly<Record<string, string>>
}

const HELD = 200
const ROWS = 25
const SHORTEST_ROW_MS = 5_000
const SECRET = `whsec_${randomBytes(32).toString('base64')}`

/** A shorter run is mostly warm-up, so its growth is not judged. */
const JUDGED_FROM_SECONDS = 180
const ALLOWED = {
  memoryMiB: { factor: 1.15, more: 16 },
  descriptors: { factor: 1, more: 40 },
  logKiB: { factor: 1, more: 4 * 1024 },
  journalKiB: { factor: 1, more: 0 },
  readP50Ms: { factor: 1.5, more: 3 },
} as const satisfies Partial<Record<keyof Row, Allowance>>
/** The database may grow only by its events, which are kept for thirty days. */
const BYTES_PER_EVENT = 2_500

/** Runs the mixed load against a daemon process for the given time. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const { minutes, seed, tell, program } = options
  await using provider = await startScriptedProvider({ profile: 'strict', seed })
  await using accepting = await openReceiver()
  await using failing = await openReceiver(() => 500)
  await using flaky = await openReceiver(() => (flaky.deliveries.length % 2 === 0 ? 503 : 204))
  await using at = await makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      refresh: { concurrencyPerProvider: 16, ratePerSecond: 200 },
      webhooks: Object.entries({ accepting, failing, flaky }).map(([id, { url }]) => ({
        id,
        url,
        secret: SECRET,
      })),
    }),
    environment: {
      LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64'),
      LARDER_REDIRECT_URLS: REDIRECT_URL,
      ...options.environment,
    },
  })
  await using larder = await startLarderProcess({ ...at, ...(program && { program }) })
  const api = new LarderApi(at)
  const held: string[] = []
  for (let n = 0; n < HELD; n++) await importOne({ api, provider }, held)
  const end = new AbortController()
  const began = performance.now()
  const load = pace(mixedLoad({ api, provider }, held), end.signal)
  const rows: Row[] = []
  const failures: Record<string, number> = {}
  const rowMs = Math.max(SHORTEST_ROW_MS, (minutes * 60_000) / ROWS)
  while (performance.now() - began < minutes * 60_000) {
    await wait(rowMs)
    const minute = round((performance.now() - began) / 60_000)
    const seen = await sample(larder.pid, at.dataDir)
    const events = await newestEvent(api)
    const taken = load.take()
    countFailures(taken, failures)
    rows.push({ minute, ...seen, events, ...delaysOf(taken.get('reads')?.latencies ?? []) })
    // The test's own records would grow as well.
    api.answers.length = 0
    for (const { deliveries } of [accepting, failing, flaky]) deliveries.length = 0
    const last = rows.at(-1)
    if (last !== undefined) tell?.(last)
  }
  end.abort()
  await load.ended
  countFailures(load.take(), failures)
  const seconds = (performance.now() - began) / 1000
  larder.kill('SIGTERM')
  const exitCode = await larder.ended
  return { seed, seconds, rows, failures, exitCode, ...(await judged(provider)) }
}

async function judged(provider: ScriptedProvider) {
  const truth = await provider.truth()
  const refreshes = truth.requests.filter(({ endpoint }) => endpoint === 'token').length
  const violations = check(truth, {}, { requestsPerSecond: 400, requestsAtOnce: 16 })
  return { refreshes, violations: violations.map(({ message }) => message) }
}

function delaysOf(latencies: readonly number[]): Pick<Row, 'readP50Ms' | 'readP99Ms'> {
  const at = (share: number) => (latencies.length === 0 ? 0 : round(percentile(latencies, share)))
  return { readP50Ms: at(0.5), readP99Ms: at(0.99) }
}

function countFailures(taken: ReadonlyMap<string, Tally>, into: Record<string, number>): void {
  for (const [name, { failures }] of taken) {
    for (const failure of failures) {
      const what = `${name}: ${failure}`
      into[what] = (into[what] ?? 0) + 1
    }
  }
}

async function newestEvent(api: LarderApi): Promise<number> {
  const { body } = await api.get('/v1/webhooks')
  const { items } = body as {
    readonly items: readonly { readonly cursor: string; readonly behind: number }[]
  }
  return Math.max(0, ...items.map(({ cursor, behind }) => Number(cursor) + behind))
}

export function soakFigures(report: Soak): readonly Figure[] {
  const { rows, violations, exitCode } = report
  const failed = Object.values(report.failures).reduce((sum, count) => sum + count, 0)
  return [
    figure('seconds', Math.round(report.seconds)),
    figure('requests to the provider', report.refreshes),
    figure('requests that failed', failed, exactly(0, failed)),
    ...(report.seconds < JUDGED_FROM_SECONDS ? [] : growthFigures(rows)),
    figure(
      'refresh tokens used twice, and other violations',
      violations.length,
      exactly(0, violations.length),
    ),
    figure('exit code after SIGTERM', exitCode, exactly(0, exitCode)),
  ]
}

function growthFigures(rows: readonly Row[]): readonly Figure[] {
  const judgedOnes = Object.entries(ALLOWED) as readonly [keyof typeof ALLOWED, Allowance][]
  const grown = judgedOnes.map(([name, allowance]) => {
    const { from, to, grows } = growthOf(
      rows.map((row) => row[name]),
      allowance,
    )
    const text = `no more than ${allowance.factor} of it and ${allowance.more}`
    return figure(`${name} grows`, `${round(from)} to ${round(to)}`, { text, isMet: !grows })
  })
  return [...grown, perEvent(rows)]
}

function perEvent(rows: readonly Row[]): Figure {
  const warm = rows.slice(Math.floor(rows.length / 4))
  const [first, last] = [warm[0], warm.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no rows were recorded')
  const events = Math.max(1, last.events - first.events)
  const bytes = Math.round(((last.databaseKiB - first.databaseKiB) * 1024) / events)
  return figure(
    'database grows, for each event kept',
    `${bytes} bytes`,
    atMost(BYTES_PER_EVENT, bytes),
  )
}
