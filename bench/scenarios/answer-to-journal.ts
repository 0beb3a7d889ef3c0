import { fileURLToPath } from 'node:url'
import { percentile } from '../../test/scripted-provider/checker/load.ts'
import { latency, ms } from '../support/compare.ts'
import { type Daemon, startDaemon } from '../support/daemon.ts'
import { sources, startedBy } from '../support/programs.ts'
import type { Note } from '../support/journal-notes.ts'
import { load } from '../support/load.ts'
import { refreshStage } from '../support/refresh-stage.ts'
import type { TokenServer } from '../support/start-token-server.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const TIMED = fileURLToPath(new URL('../support/journal-timed-larder.ts', import.meta.url))
const SECONDS = 6
/** If fewer notes are seen, the journal is written in a way that this does not recognise. */
const LEAST_NOTED = 0.99
const LOADS = [
  ['one refresh at a time', 1],
  ['16 refreshes at a time', 16],
  ['64 refreshes at a time', 64],
] as const

export const answerToJournal: Scenario = {
  name: 'answer-to-journal',
  title: 'From the answer to the journal',
  method:
    'If the process is killed between the answer of a provider and the note in the journal, a ' +
    'rotated refresh token is lost. The token endpoint records the time immediately before it ' +
    'writes an answer, and the daemon runs with an entry of the benchmark that records the time ' +
    'after each write to the journal file. Both use the monotonic clock of the machine. The first ' +
    'refresh after the start is a row of its own, because code that has not run yet is slower. The ' +
    'sources run here, because the entry replaces functions of libsodium, which a build contains.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using stage = await refreshStage(bench)
  const { tokens, at, next } = stage
  await using daemon = await startDaemon(at, startedBy(TIMED, sources))
  const url = at.privateUrl
  await load({ url, next, connections: 1, seconds: 0 })
  const rows = [distribution('the first refresh', await delaysMs(tokens, daemon))]
  for (const [what, connections] of LOADS) {
    await load({ url, next, connections, seconds: SECONDS })
    rows.push(distribution(what, await delaysMs(tokens, daemon)))
  }
  return rows
}

async function delaysMs(tokens: TokenServer, daemon: Daemon): Promise<readonly number[]> {
  const noted = new Map(
    (await daemon.ask<readonly Note[]>('take notes')).map(({ answer, atNs }) => [answer, atNs]),
  )
  const answers = await tokens.takeAnswers()
  const delays = answers.flatMap(({ answer, atNs }) => {
    const notedAt = noted.get(answer)
    return notedAt === undefined ? [] : [Number(notedAt - atNs) / 1e6]
  })
  if (delays.length === 0 || delays.length < answers.length * LEAST_NOTED) {
    throw new Error(`the journal noted ${delays.length} of ${answers.length} answers`)
  }
  return delays
}

function distribution(what: string, delays: readonly number[]): Row {
  const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)]
  const spread = delays.length === 1 ? ms(p50) : latency({ p50Ms: p50, p99Ms: p99 })
  return row(`from the answer to the journal, ${what}`, spread)
}
