import { parseArgs } from 'node:util'
import { newSeed } from '../scripted-provider/seed.ts'
import { killAfterAnswers } from './after-answer.ts'
import { flipBytes } from './bytes.ts'
import { damageManyTimes } from './damage.ts'
import { keepDiskFull } from './disk-full.ts'
import { programOf } from '../support/larder-process.ts'
import { atLeast, type Figure, figure, missed, round, table } from '../support/figures.ts'
import { faultsOf, killManyTimes, loopFigures, warmCompileCache } from './many-lives.ts'
import { restartRepeatedly, USUAL_GRACE_SECONDS } from './restart-loop.ts'
import { canMount } from './small-disk.ts'
import { killFirstStarts, killMigrations, startFigures } from './starts.ts'
import { canTrace } from './strace.ts'
import { killAtEverySyscall, syscallFigures } from './syscall-kills.ts'

/**
 * `npm run test:crash -- [play] [--…]` runs one play at full length and prints its figures. Exits 1
 * after a fault, or after a missed goal if the run had at least a hundred kills.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string' },
    seed: { type: 'string', default: newSeed() },
    kills: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    window: { type: 'string', default: '1000' },
    after: { type: 'string', default: '1,2,5' },
    'warm-up': { type: 'string', default: '20' },
    syscalls: { type: 'string', default: 'pwrite64,fsync,writev,write' },
    checkpoints: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    starts: { type: 'string', default: '200' },
    connections: { type: 'string', default: '50' },
    grace: { type: 'string', default: String(USUAL_GRACE_SECONDS) },
    rounds: { type: 'string', default: '1000' },
    every: { type: 'string', default: '1' },
    program: { type: 'string' },
  },
})

const PROFILES = ['grace', 'strict'] as const
type Profile = (typeof PROFILES)[number]

/** With fewer kills than this, shares and percentiles mean too little. */
const TELLING_KILLS = 100
/** By milliseconds from the answer to the kill: the share of rotations that must be stored. */
const SURVIVED_SHARE = new Map([
  [1, 0.75],
  [2, 0.95],
  [5, 1],
])

const { seed } = values
const profiles = PROFILES.filter((one) => [undefined, one].includes(values.profile as Profile))
const plays: Record<string, () => Promise<void>> = {
  random: () => oneByOne(profiles, random),
  'after-answer': () => oneByOne(values.after.split(',').map(Number), afterAnswer),
  syscalls: () => oneByOne(profiles, syscalls),
  'disk-full': diskFull,
  restarts,
  starts,
  damage,
  bytes,
}

const play = plays[positionals[0] ?? 'random']
if (play === undefined || profiles.length === 0) {
  tell(`usage: npm run test:crash -- [${Object.keys(plays).join('|')}] [--profile grace|strict]`)
  process.exitCode = 64
} else {
  await warmCompileCache()
  await play()
}

async function oneByOne<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  for (const one of all) await run(one)
}

async function random(profile: Profile): Promise<void> {
  const kills = Number(values.kills ?? 100)
  let told = 0
  const { result, minutes } = await timed(() =>
    killManyTimes({
      profile,
      kills,
      seed,
      parallel: Number(values.parallel),
      killWindowMs: Number(values.window),
      end: untilSignalled(),
      progress: (soFar) => {
        tell(`${soFar.kills} of ${kills} kills, ${soFar.losses.length} lost`)
        for (const fault of faultsOf(soFar, profile).slice(told)) tell(fault)
        told = faultsOf(soFar, profile).length
      },
    }),
  )
  const pace = figure(
    'took',
    `${round(minutes)} min, ${Math.round(result.kills / minutes)} kills a minute`,
  )
  const figures = [...loopFigures(result, profile), pace]
  say(`random kills, profile ${profile}`, figures)
  judge([...faultsOf(result, profile), ...missedBy(result.kills, figures)])
}

function missedBy(kills: number, figures: readonly Figure[]): readonly string[] {
  return kills < TELLING_KILLS ? [] : missed(figures)
}

/** On a signal, the run finishes what it started and prints its figures. */
function untilSignalled(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}

async function afterAnswer(afterMs: number): Promise<void> {
  const warmUp = Number(values['warm-up'])
  const kills = Number(values.kills ?? 100)
  const report = await killAfterAnswers({
    seed,
    afterMs,
    kills,
    warmUp,
    program: programOf(values.program),
  })
  const { survived, labelled, damaged, violations } = report
  const lost = kills - survived
  // Nothing is promised for the first refresh of a process.
  const share = warmUp > 0 ? SURVIVED_SHARE.get(afterMs) : undefined
  const goal = share === undefined ? null : atLeast(Math.ceil(share * kills), survived)
  const figures = [
    figure('refreshes before it', warmUp),
    figure('kills', kills),
    figure('survived', survived, goal),
    figure('lost', `${lost}, ${labelled} of them reported as interrupted`),
    figure('failed integrity checks', damaged.length),
    figure('violations', violations.length),
  ]
  say(`SIGKILL ${afterMs} ms after the answer was sent, profile strict`, figures)
  const mislabelled = lost === labelled ? [] : [`${lost - labelled} mislabelled`]
  judge([...damaged, ...violations, ...mislabelled, ...missedBy(kills, figures)])
}

async function syscalls(profile: Profile): Promise<void> {
  if (!canTrace()) return fail('strace cannot trace here')
  const { checkpoints } = values
  const report = await killAtEverySyscall({
    profile,
    seed,
    checkpoints,
    syscalls: values.syscalls.split(','),
  })
  const title = checkpoints ? ', full WAL' : ''
  say(`SIGKILL at every nth call of a refresh, profile ${profile}${title}`, syscallFigures(report))
  judge([...report.violations, ...report.kills.flatMap(({ fault }) => fault ?? [])])
}

async function diskFull(): Promise<void> {
  if (!canMount()) return fail('it takes root to mount a small disk')
  const { violations, ...report } = await keepDiskFull(Number(values.minutes), seed)
  say('disk full between request and answer', [
    ...figuresOf(report),
    figure('violations', violations.length),
  ])
  const isKept = report.survived && report.requestsMeanwhile === 0
  judge([...violations, ...(isKept ? [] : ['the rotation was lost'])])
}

async function restarts(): Promise<void> {
  const { faults, violations, minutes, ...report } = await restartRepeatedly({
    starts: Number(values.starts),
    connections: Number(values.connections),
    graceSeconds: Number(values.grace),
    seed,
  })
  say('a restart loop at a provider that always fails', [
    ...figuresOf({ ...report, minutes: round(minutes) }),
    figure('requests that neither grace nor back-off allows', faults.length),
    figure('violations', violations.length),
  ])
  judge([...faults, ...violations])
}

async function starts(): Promise<void> {
  if (!canTrace()) return fail('strace cannot trace here')
  const options = {
    syscalls: values.syscalls.split(',').filter((one) => ['pwrite64', 'fsync'].includes(one)),
    every: Number(values.every),
    progress: (kills: number) => {
      if (kills % 25 === 0) tell(`${kills} kills`)
    },
  }
  const kinds = [
    ['the very first start', killFirstStarts],
    ['a start that migrates', killMigrations],
  ] as const
  for (const [what, run] of kinds) {
    const kills = await run(options)
    say(`SIGKILL at every nth write of ${what}`, startFigures(kills))
    judge(kills.flatMap(({ at, n, fault }) => (fault === null ? [] : `${at}, ${n}: ${fault}`)))
  }
}

async function damage(): Promise<void> {
  const { faults, ...report } = await damageManyTimes(Number(values.rounds), seed)
  say('a damaged vault is opened', [...figuresOf(report), figure('wrong', faults.length)])
  judge(faults)
}

async function bytes(): Promise<void> {
  const { faults, ...report } = await flipBytes({
    every: Number(values.every),
    seed,
    progress: (flipped, of) => {
      if (flipped % 10_000 === 0) tell(`${flipped} of ${of} bytes`)
    },
  })
  say('a byte of a vault is flipped', [...figuresOf(report), figure('wrong', faults.length)])
  judge(faults)
}

function figuresOf(report: Readonly<Record<string, unknown>>): readonly Figure[] {
  return Object.entries(report).map(([name, value]) => figure(name, String(value)))
}

async function timed<T>(run: () => Promise<T>) {
  const startedAt = performance.now()
  const result = await run()
  return { result, minutes: (performance.now() - startedAt) / 60_000 }
}

function judge(faults: readonly string[]): void {
  for (const fault of faults) tell(fault)
  if (faults.length > 0) process.exitCode = 1
}

function fail(reason: string): void {
  tell(`NOT RUN: ${reason}`)
  process.exitCode = 69
}

function say(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`${table(`${title}, --seed ${seed}`, figures)}\n`)
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
