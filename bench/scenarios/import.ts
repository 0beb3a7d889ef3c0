import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atLeast } from '../../test/support/figures.ts'
import type { Installation } from '../../test/support/larder-process.ts'
import { accessTokenOf, providerOf, refreshTokenOf } from '../support/connections.ts'
import { startProfiledDaemon } from '../support/daemon.ts'
import { built } from '../support/programs.ts'
import { benchInstallation } from '../support/installation.ts'
import { insertRows } from '../yardsticks/raw-insert.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const LINES = 10_000
const WARM_UP_LINES = 500
const LEAST_PER_SECOND = 5_000
const OUTPUT_BYTES = 64 * 2 ** 20

export const bulkImport: Scenario = {
  name: 'import',
  title: 'Bulk import',
  method:
    `\`larder import\` imports a file of ${LINES} lines into an empty vault, without \`--verify\`. ` +
    'Each line has an access token that is good for an hour, a refresh token and an account. The ' +
    `time is that of the whole command. Before it, ${WARM_UP_LINES} other lines are imported. ` +
    'Yardstick, before and after: three rows for each line in a bare better-sqlite3 database, 500 ' +
    'lines in one durable transaction.',
  inTheWay:
    'In the profile of the daemon, SQL takes 34 % of the busy time, of which the commits are ' +
    '15 %; sealing six values for each line 12 %, parsing the body and making the connection ' +
    '8 %, garbage collection 5 %. The writes of one line alone take about 200 µs, which is ' +
    'all that the goal allows. Groups of 128 instead of 64 lines were 7 % faster and held up ' +
    'other writes for up to 9 ms.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using at = await benchInstallation(bench, { size: 0 })
  await using daemon = await startProfiledDaemon(at, bench, 'import')
  bench.tell(`larder runs as process ${daemon.pid}`)
  await importLines(at, 0, WARM_UP_LINES)
  const before = insertRows(LINES)
  const seconds = await importLines(at, WARM_UP_LINES, LINES)
  const raw = (before + insertRows(LINES)) / 2
  const perSecond = LINES / seconds
  const goal = atLeast(LEAST_PER_SECOND, perSecond)
  const rest = { yardstick: paceOf(raw), ratio: raw / seconds, goal }
  return [row(`import of ${LINES} lines`, paceOf(seconds), rest)]
}

function paceOf(seconds: number): string {
  return `${seconds.toFixed(1)} s, ${Math.round(LINES / seconds)}/s`
}

async function importLines(at: Installation, from: number, count: number): Promise<number> {
  const path = join(at.directory, `import-${from}.jsonl`)
  const lines = Array.from({ length: count }, (_, index) => JSON.stringify(lineOf(from + index)))
  await writeFile(path, lines.join('\n'))
  const began = performance.now()
  const words = [...built().words, 'import', '--problems-only', path]
  const options = { env: at.environment, maxBuffer: OUTPUT_BYTES }
  await promisify(execFile)(process.execPath, words, options)
  return (performance.now() - began) / 1_000
}

function lineOf(n: number) {
  return {
    userId: `user-${n}`,
    provider: providerOf(n),
    accessToken: accessTokenOf(String(n)),
    refreshToken: refreshTokenOf(n),
    expiresInSeconds: 3_600,
    scope: ['calendar.readonly', 'email'],
    accountId: `account-${n}`,
    email: `user-${n}@example.com`,
  }
}
