import type { Installation } from '../../test/support/larder-process.ts'
import { alternate, comparedRows } from '../support/compare.ts'
import { startProfiledDaemon } from '../support/daemon.ts'
import { benchInstallation } from '../support/installation.ts'
import { load, requestBytes } from '../support/load.ts'
import { sampleAnswer } from '../support/sample-answer.ts'
import { randomTokenPaths, tokenPath } from '../support/token-path.ts'
import { startYardstick } from '../support/yardstick.ts'
import { type Bench, type Row, type Scenario } from '../scenario.ts'

const CONNECTIONS = 32
const ROUNDS = 5
const ROUND_SECONDS = 3
const WARM_UP_SECONDS = 2
const COLD_SECONDS = 20
const SMALL = 100
const GOALS = { rate: 0.95, p99: 1.3 } as const

export const hotRead: Scenario = {
  name: 'hot-read',
  title: 'Hot token read',
  method:
    `${CONNECTIONS} connections read one token that is in Larder's cache: in a vault of ${SMALL} ` +
    `connections, in the large vault, and in the large vault after ${COLD_SECONDS} seconds of reads ` +
    'of random connections. The yardstick is Koa with a router that returns the same bytes. ' +
    `${ROUNDS} rounds of ${ROUND_SECONDS} seconds alternate.`,
  inTheWay:
    'In the profile, writing to the socket takes 34 % of the busy time, HTTP by Node 27 %, ' +
    'native code of Node and V8 17 %, Koa with its listeners 7 %, garbage collection 3 %. ' +
    'Bare Koa has all of these. The code of Larder takes 13 %: the key, the permission, the ' +
    'reach, the route and the decision about the token.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const rows: Row[] = []
  {
    await using at = await benchInstallation(bench, { size: Math.min(SMALL, bench.size) })
    await using daemon = await startProfiledDaemon(at, bench, 'hot-read-small')
    bench.tell(`larder runs as process ${daemon.pid}`)
    rows.push(...(await compare(at, 'hot token read, small vault')))
  }
  await using at = await benchInstallation(bench, { size: bench.size })
  await using daemon = await startProfiledDaemon(at, bench, 'hot-read-large')
  bench.tell(`larder runs as process ${daemon.pid}`)
  rows.push(...(await compare(at, `hot token read, ${bench.size} connections`)))
  const [paths, bytes] = [randomTokenPaths(bench.size), requestBytes(at, 'GET')]
  const cold = { url: at.privateUrl, connections: CONNECTIONS, seconds: COLD_SECONDS }
  await load({ ...cold, next: () => bytes(paths()) })
  rows.push(...(await compare(at, `hot token read, after ${COLD_SECONDS} s of random reads`)))
  return rows
}

async function compare(at: Installation, what: string): Promise<readonly Row[]> {
  const sample = await sampleAnswer(at, 0)
  await using bare = await startYardstick('bare-koa', [sample.toString('base64')])
  const text = requestBytes(at, 'GET')(tokenPath(0))
  const read = (url: string, seconds: number) =>
    load({ url, seconds, connections: CONNECTIONS, next: () => text })
  for (const url of [at.privateUrl, bare.url]) await read(url, WARM_UP_SECONDS)
  const rounds = await alternate(
    ROUNDS,
    () => read(at.privateUrl, ROUND_SECONDS),
    () => read(bare.url, ROUND_SECONDS),
  )
  return comparedRows(what, rounds, GOALS)
}
