import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { larder, larderOnTerminal, spawnLarder } from '../cli/larder.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { until } from '../support/until.ts'

/** The daemon gets this many lines in one request. */
const BATCH = 500

test('an interrupted import prints its results and where to continue, and imports no line twice', async () => {
  await using stage = await openStage()
  const lines = linesFor(BATCH + 100)
  const running = stage.spawnImport(['-', '--json'])
  running.write(lines.join(''))
  await stage.untilStored(BATCH)
  running.kill('SIGINT')
  const first = await running.ended
  expect(first.code).toBe(1)
  expect(first.stderr).toContain(`interrupted after line ${BATCH}`)
  expect(first.stderr).toContain(`--from-line ${BATCH + 1}`)
  expect(linesIn(first.stdout)).toEqual(numbers(1, BATCH))

  const path = await stage.file(lines)
  const rest = await larder(['import', path, '--json', '--from-line', `${BATCH + 1}`], stage)
  expect(rest.code).toBe(0)
  expect(rest.stderr).toContain(`continues at line ${BATCH + 1}`)
  expect(linesIn(rest.stdout)).toEqual(numbers(BATCH + 1, BATCH + 100))
  expect(outcomesIn(rest.stdout)).toEqual(['created'])
  await stage.expectImportedOnce(lines.length)
}, 60_000)

test('an import that was killed creates no second connection when the file is imported again', async () => {
  await using stage = await openStage()
  const lines = linesFor(BATCH + 100)
  const running = stage.spawnImport(['-'])
  running.write(lines.join(''))
  await stage.untilStored(BATCH)
  running.kill('SIGKILL')
  await running.ended
  const path = await stage.file(lines)
  const again = await larder(['import', path, '--problems-only'], stage)
  expect(again.stderr).toContain(`${lines.length} done: ${BATCH} unchanged, 100 created`)
  await stage.expectImportedOnce(lines.length)
}, 60_000)

test('an import exits 69 and names the line to continue at if the daemon stops meanwhile', async () => {
  await using stage = await openStage()
  const lines = linesFor(2 * BATCH + 1)
  const running = stage.spawnImport(['-', '--json'])
  // The import has read the second batch before the daemon stops, and sends it afterwards.
  running.write(lines.slice(0, BATCH + 1).join(''))
  await stage.untilStored(BATCH)
  await stage.stopDaemon()
  running.write(lines.slice(BATCH + 1).join(''))
  const run = await running.ended
  expect(run.code).toBe(69)
  expect(run.stderr).toContain(`after line ${BATCH}`)
  expect(run.stderr).toContain(`continue with the same command and --from-line ${BATCH + 1}`)
  expect(linesIn(run.stdout)).toEqual(numbers(1, BATCH))
}, 60_000)

test('an import refuses a bad first, middle and last line, and imports every other line once', async () => {
  await using stage = await openStage()
  const good = linesFor(2 * BATCH)
  const [bad, damaged] = ['{"userId":"u","provider":"unknown","accessToken":"a"}\n', '{"userId":\n']
  const lines = [bad, ...good.slice(0, BATCH), damaged, good[0] ?? '', ...good.slice(BATCH), bad]
  const run = await larder(['import', await stage.file(lines), '--json'], stage)
  expect(run.code).toBe(1)
  const items = parse(run.stdout)
  expect(items.map(({ line }) => line)).toEqual(numbers(1, lines.length))
  const odd = items.filter(({ outcome }) => outcome !== 'created')
  expect(odd.map(({ line, outcome }) => [line, outcome])).toEqual([
    [1, 'refused'],
    [BATCH + 2, 'refused'],
    [BATCH + 3, 'unchanged'],
    [lines.length, 'refused'],
  ])
  await stage.expectImportedOnce(good.length)
}, 60_000)

test.skipIf(process.platform !== 'linux')(
  'an import shows a bar on a terminal, and only whole lines elsewhere',
  async () => {
    await using stage = await openStage()
    const path = await stage.file(linesFor(BATCH + 100))
    const shown = await larderOnTerminal(['import', path, '--problems-only'], stage.env)
    expect(shown).toMatch(/larder: \[#+\.+\] {2}\d\d %, \d+ s left {2}up to line 500: 500 created/)
    expect(shown).toContain('[########################] 100 %  up to line 600: 600 created')
    expect(shown).toContain('larder: 600 done: 600 created')
    const piped = await larder(['import', path, '--problems-only'], stage)
    expect(piped.stderr).toMatch(/^(larder: [ -~]+\n)+$/)
    expect(piped.stderr).toContain('larder: 600 done: 600 unchanged\n')
  },
  60_000,
)

const linesFor = (count: number) =>
  numbers(1, count).map((n) => {
    const tokens = { accessToken: `at-${n}`, refreshToken: `rt-${n}`, expiresInSeconds: 36_000 }
    return `${JSON.stringify({ userId: `user-${n}`, provider: 'acme', accountId: `a-${n}`, ...tokens })}\n`
  })

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

type Page = { readonly items: readonly unknown[]; readonly nextCursor: string }
type Item = { readonly line: number; readonly outcome: string }

const parse = (stdout: string) => JSON.parse(stdout) as readonly Item[]
const linesIn = (stdout: string) => parse(stdout).map(({ line }) => line)
const outcomesIn = (stdout: string) => [...new Set(parse(stdout).map(({ outcome }) => outcome))]

async function openStage() {
  await using opened = new AsyncDisposableStack()
  const at = opened.use(await makeInstallation({ configuration: CONFIGURATION }))
  const daemon = opened.use(await startLarderProcess(at))
  const api = new LarderApi(at)
  const env = { LARDER_URL: at.privateUrl, LARDER_API_KEY: at.apiKey }
  const countStored = async (): Promise<number> => {
    const { text } = await api.get('/metrics')
    const counts = text.matchAll(/^larder_connections\{.*\} (\d+)$/gm)
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
  }
  const countEvents = async (): Promise<number> => {
    let count = 0
    for (let after = '0', isLast = false; !isLast;) {
      const page = (await api.get(`/v1/events?limit=100&after=${after}`)).body as Page
      count += page.items.length
      isLast = page.items.length === 0
      after = page.nextCursor
    }
    return count
  }
  const running = opened.move()
  return {
    env,
    spawnImport: (words: readonly string[]) =>
      spawnLarder(['import', ...words], { env, stdin: 'open' }),
    untilStored: (count: number) =>
      until(`${count} lines to be stored`, async () => (await countStored()) >= count),
    async stopDaemon() {
      daemon.kill('SIGTERM')
      await daemon.ended
    },
    async file(lines: readonly string[]): Promise<string> {
      const path = join(at.directory, 'connections.jsonl')
      await writeFile(path, lines.join(''))
      return path
    },
    /** Each connection has exactly one event. */
    async expectImportedOnce(count: number): Promise<void> {
      expect(await countStored()).toBe(count)
      expect(await countEvents()).toBe(count)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const CONFIGURATION = `providers:
  acme:
    authorizationEndpoint: http://127.0.0.1:9/authorize
    tokenEndpoint: http://127.0.0.1:9/token
    clientId: import
    clientSecret: import-secret
`
