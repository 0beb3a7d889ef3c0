import { join } from 'node:path'
import { below } from '../../test/support/figures.ts'
import { startChild } from '../support/child.ts'
import { alternate, comparedRows, median, ms } from '../support/compare.ts'
import { startInstrumentedDaemon, withProfile } from '../support/daemon.ts'
import type { Delays } from '../support/event-loop-delay.ts'
import { type Load, load } from '../support/load.ts'
import { MOST_CONNECTIONS, refreshStage } from '../support/refresh-stage.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'
import { fileURLToPath } from 'node:url'

const LOOP = fileURLToPath(new URL('../yardsticks/refresh-loop.ts', import.meta.url))
const CONCURRENCY = 64
const ROUNDS = 5
const SECONDS = 5
const WARM_UP_SECONDS = 2
const MOST_DELAY_MS = 10

export const refresh: Scenario = {
  name: 'refresh',
  title: 'Refreshes on demand',
  method:
    `A vault of ${MOST_CONNECTIONS} connections. ${CONCURRENCY} requests at a time force refreshes ` +
    '(`POST …/refresh`), each of another connection, at 8 clients so that no client reaches its ' +
    'limit of 1,000 a second. The token endpoint is a process on the core for load; it rotates ' +
    'every refresh token. The yardstick is a loop without an API: one POST with undici over a new ' +
    'socket, two values sealed with libsodium, one row updated in a transaction that all waiting ' +
    'refreshes share, with `synchronous = FULL`. ' +
    `${ROUNDS} rounds of ${SECONDS} seconds alternate. The delay of the event loop is recorded in ` +
    'the daemon during its rounds by a timer of one millisecond.',
  inTheWay:
    'The profile is flat. Of the busy time, SQL takes 11 %, of which the commits are 5 %; ' +
    'reading the connection for the request 8 %, the request by oauth4webapi 6 %, its ' +
    'exchange over a new socket 5 %, garbage collection 6 %. The yardstick has no API, no ' +
    'journal, no lease and no event, seals two values, and writes one row; Larder writes the ' +
    'intent, the journal, the connection with its row seal, and the event.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using stage = await refreshStage(bench)
  const { tokens, at, size, next } = stage
  await using daemon = await withProfile(await startInstrumentedDaemon(at, bench), bench, 'refresh')
  await using loop = await startChild(
    [LOOP, tokens.url, join(at.directory, 'loop.db'), String(size)],
    { isServer: true },
  )
  const larder = (seconds: number) =>
    load({ url: at.privateUrl, connections: CONCURRENCY, seconds, next })
  const bare = (seconds: number) => loop.ask<Load>({ seconds, concurrency: CONCURRENCY })
  await larder(WARM_UP_SECONDS)
  await bare(WARM_UP_SECONDS)
  const delays: Delays[] = []
  const rounds = await alternate(
    ROUNDS,
    async () => {
      await daemon.ask({ kind: 'start delays' })
      const measured = await larder(SECONDS)
      delays.push(await daemon.ask<Delays>({ kind: 'take delays' }))
      return measured
    },
    () => bare(SECONDS),
  )
  return [
    ...comparedRows('refreshes on demand, 64 at a time', rounds, { rate: 0.6 }),
    delayRow(delays),
  ]
}

function delayRow(delays: readonly Delays[]): Row {
  const of = (field: keyof Delays) => median(delays.map((one) => one[field]))
  const p99 = of('p99Ms')
  return row(
    'event loop under this load: delay',
    `p50 ${ms(of('p50Ms'))}, p99 ${ms(p99)}, longest ${ms(of('maxMs'))}`,
    { goal: below(MOST_DELAY_MS, p99, ' ms (p99)') },
  )
}
