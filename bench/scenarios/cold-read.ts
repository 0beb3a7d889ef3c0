import { alternate, comparedRows } from '../support/compare.ts'
import { startProfiledDaemon } from '../support/daemon.ts'
import { benchInstallation } from '../support/installation.ts'
import { load, requestBytes } from '../support/load.ts'
import { sampleAnswer } from '../support/sample-answer.ts'
import { randomTokenPaths } from '../support/token-path.ts'
import { startYardstick } from '../support/yardstick.ts'
import { type Bench, type Row, type Scenario } from '../scenario.ts'

const ROUNDS = 5
const ROUND = { connections: 32, seconds: 4 } as const
const WARM_UP = { connections: 32, seconds: 2 } as const

export const coldRead: Scenario = {
  name: 'cold-read',
  title: 'Cold token read',
  method:
    'Larder runs on the large vault. 32 connections read the tokens of random connections, each ' +
    'connection as likely as any other, so that nearly every read goes to the database. The ' +
    'yardstick is Koa with a router, one read by key with better-sqlite3 and one value opened with ' +
    'libsodium. It reads the same database file and returns as many bytes. ' +
    `${ROUNDS} rounds of ${ROUND.seconds} seconds alternate. The table shows the medians; a ratio ` +
    'is the median of the ratios of the rounds.',
  inTheWay:
    'In the profile, the read by key takes 21 % of the busy time, writing to the socket 21 %, ' +
    'and HTTP and Koa about 20 %. The yardstick has all of these, and opens one value. Larder ' +
    'opens the row seal, the token and the profile (11 %), reads the other columns of the row ' +
    '(8 %), parses a URL that it has not seen before (6 %) and writes the answer (4 %). The ' +
    'key, the permission and the decision about the token take 7 %, garbage collection 4 %.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const { size } = bench
  await using at = await benchInstallation(bench, { size })
  await using daemon = await startProfiledDaemon(at, bench, 'cold-read')
  bench.tell(`larder runs as process ${daemon.pid}`)
  const sample = await sampleAnswer(at, 0)
  await using yardstick = await startYardstick('raw-cold-read', [
    at.dataDir,
    sample.toString('base64'),
  ])
  const paths = randomTokenPaths(size)
  const bytes = requestBytes(at, 'GET')
  const next = () => bytes(paths())
  const [larder, raw] = [at.privateUrl, yardstick.url]
  for (const url of [larder, raw]) await load({ url, next, ...WARM_UP })
  const rounds = await alternate(
    ROUNDS,
    () => load({ url: larder, next, ...ROUND }),
    () => load({ url: raw, next, ...ROUND }),
  )
  return comparedRows(`cold token read, ${size} connections`, rounds, { rate: 0.85, p99: 2 })
}
