import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '../../test/scripted-provider/checker/load.ts'
import { atLeast, atMost } from '../../test/support/figures.ts'
import type { Installation } from '../../test/support/larder-process.ts'
import { latency } from '../support/compare.ts'
import { type Daemon, startDaemon, startProfiledDaemon } from '../support/daemon.ts'
import { built } from '../support/programs.ts'
import { type DueTimes, spreadDueTimes } from '../support/due-times.ts'
import { benchInstallation } from '../support/installation.ts'
import { type Load, load, requestBytes } from '../support/load.ts'
import { cpuSecondsOf } from '../support/proc.ts'
import { startTokenServer, type TokenServer } from '../support/start-token-server.ts'
import type { Answered } from '../support/token-server.ts'
import { randomTokenPaths } from '../support/token-path.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

/** After a start, the schedule needs ten seconds to reach its full rate. */
const SETTLED_AFTER_MS = 20_000
const SECONDS = 60
const READS = { connections: 8, pace: 500 } as const
const WARM_UP_SECONDS = 3
const ALONE_SECONDS = 20
const HOUR_SECONDS = 3_600
/** The schedule scans each second, so a minute may contain one scan more or less. */
const LEAST_PACE = 0.97
const MOST_LAG_MS = 5_000
const MOST_READ_RATIO = 3

export const dueMillion: Scenario = {
  name: 'due-million',
  title: 'All connections due within an hour',
  method:
    'The due times of the large vault are spread evenly over an hour that has begun. For ' +
    `${SECONDS} seconds, beginning ${SETTLED_AFTER_MS / 1_000} seconds after the start, the token ` +
    'endpoint records each refresh, whose lag is the time since it was due. The schedule scans ' +
    `each second. Meanwhile ${READS.pace} tokens of random connections are read a second; the ` +
    'yardstick is the same daemon and the same reads while nothing is due.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const { size } = bench
  await using tokens = await startTokenServer()
  await using at = await benchInstallation(bench, { size, tokenEndpoint: tokens.url })
  const due = spreadDueTimes(at.dataDir, size)
  const alone = await readsAlone(at, bench)
  due.beginNow()
  await using daemon = await startProfiledDaemon(at, bench, 'due-million')
  bench.tell(`larder runs as process ${daemon.pid}`)
  await wait(SETTLED_AFTER_MS)
  const { reads, cpu, answers } = await oneMinute({ at, daemon, tokens, size })
  const readRatio = reads.p99Ms / alone.p99Ms
  return [
    ...scheduleRows(size, answers, due),
    row('its CPU share, reads included', `${((cpu / SECONDS) * 100).toFixed(0)} %`),
    row(`${READS.pace} reads a second meanwhile: latency`, latency(reads), {
      yardstick: latency(alone),
      ratio: readRatio,
      goal: atMost(MOST_READ_RATIO, readRatio, ' (p99)'),
    }),
  ]
}

async function readsAlone(at: Installation, { size, tell }: Bench): Promise<Load> {
  await using daemon = await startDaemon(at, built())
  tell(`larder runs as process ${daemon.pid}`)
  await read(at, size, WARM_UP_SECONDS)
  // Without `await`, the daemon would end first.
  return await read(at, size, ALONE_SECONDS)
}

function read(at: Installation, size: number, seconds: number): Promise<Load> {
  const [paths, bytes] = [randomTokenPaths(size), requestBytes(at, 'GET')]
  return load({ url: at.privateUrl, next: () => bytes(paths()), seconds, ...READS })
}

async function oneMinute(stage: {
  readonly at: Installation
  readonly daemon: Daemon
  readonly tokens: TokenServer
  readonly size: number
}) {
  const { at, daemon, tokens, size } = stage
  await tokens.takeAnswers()
  const before = await cpuSecondsOf(daemon.pid)
  const reads = await read(at, size, SECONDS)
  const cpu = (await cpuSecondsOf(daemon.pid)) - before
  return { reads, cpu, answers: await tokens.takeAnswers() }
}

function scheduleRows(size: number, answers: readonly Answered[], due: DueTimes): readonly Row[] {
  const perSecond = answers.length / SECONDS
  const dueEachSecond = size / HOUR_SECONDS
  // A read may refresh a token before the schedule does.
  const lags = answers.map(({ connection, at }) => Math.max(0, at - due.of(connection)))
  const p99 = percentile(lags, 0.99)
  return [
    row(`refreshes, ${size} connections due within an hour`, `${perSecond.toFixed(1)}/s`, {
      yardstick: `${dueEachSecond.toFixed(1)}/s due`,
      ratio: perSecond / dueEachSecond,
      goal: atLeast(LEAST_PACE, perSecond / dueEachSecond),
    }),
    row('their lag', latency({ p50Ms: percentile(lags, 0.5), p99Ms: p99 }), {
      goal: atMost(MOST_LAG_MS, p99, ' ms (p99)'),
    }),
  ]
}
