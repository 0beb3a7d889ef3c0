import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { larder } from '../cli/larder.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

const USERS = 1_200
const VERIFIED = 40
const RATE = 40

test('a file of 1,200 lines is imported without duplicates when repeated, and --verify refreshes each line', async () => {
  await using stage = await openStage()
  const { file, api, provider } = stage
  const minted = await provider.mintGrants(USERS)
  const lines = minted.map(({ account, accessToken, refreshToken }) => ({
    userId: `user-of-${account.id}`,
    provider: 'acme',
    accessToken,
    refreshToken,
    expiresInSeconds: 3600,
    accountId: account.id,
  }))
  const first = await stage.importFile(
    await file(['{"userId": "no json', ...lines.map(toJson), '', '[]']),
  )
  expect(first.code).toBe(1)
  expect(first.outcomes).toEqual({ created: USERS, refused: 2 })
  expect(first.stderr).toContain(`2 of ${USERS + 2} lines were refused`)
  expect(first.stdout + first.stderr).not.toContain('no json')
  expect(first.stdout).not.toContain(minted[0]?.refreshToken)
  expect(first.items.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
    { line: 1, problem: { detail: 'the line is not well-formed JSON' } },
    { line: USERS + 3, problem: { code: 'invalid_request' } },
  ])

  const again = await stage.importFile(await file(lines.map(toJson)))
  expect(again).toMatchObject({ code: 0, outcomes: { unchanged: USERS } })
  const token = await api.get(`/v1/users/${lines[7]?.userId}/oauth/acme/token`)
  expect((token.body as { accessToken: string }).accessToken).toBe(minted[7]?.accessToken)
  expect(await provider.requests({ endpoint: 'token' })).toEqual([])

  const more = await provider.mintGrants(VERIFIED)
  const proven = await stage.importFile(
    await file(
      more.map(({ account, refreshToken }) =>
        toJson({ userId: `user-of-${account.id}`, provider: 'acme', refreshToken }),
      ),
    ),
    '--verify',
  )
  expect(proven).toMatchObject({ code: 0, outcomes: { created: VERIFIED } })
  const arrivals = (await provider.requests({ endpoint: 'token' })).map(
    ({ arrivedAt }) => arrivedAt,
  )
  expect(arrivals).toHaveLength(VERIFIED)
  const seconds = (Math.max(...arrivals) - Math.min(...arrivals)) / 1000
  // Each refresh is followed by an account request in the same lane.
  expect(seconds).toBeGreaterThan((VERIFIED - 1) / RATE)
}, 120_000)

test('an import exits 2 if the file cannot be read, and 69 if the daemon cannot be reached', async () => {
  const env = { LARDER_URL: 'http://127.0.0.1:9', LARDER_API_KEY: 'k'.repeat(40) }
  const missing = await larder(['import', '/nowhere/file.jsonl'], { env })
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toContain('the file cannot be read (ENOENT)')
  await using stage = await openStage()
  const path = await stage.file(['{}'])
  const away = await larder(['import', path], { env })
  expect(away).toMatchObject({ code: 69, stdout: '' })
  expect(away.stderr).toContain('after line 0')
})

test('an import keeps every digit of numbers in metadata, and connections list shows them', async () => {
  await using stage = await openStage()
  const line =
    '{"userId":"u","provider":"acme","accessToken":"at","metadata":{"id":12345678901234567890,"share":1.0,"all":1e400}}'
  expect(await stage.importFile(await stage.file([line]))).toMatchObject({
    outcomes: { created: 1 },
  })
  const list = await larder(['connections', 'list', '--json'], { env: stage.env })
  for (const digits of ['"id": 12345678901234567890', '"share": 1.0', '"all": 1e400']) {
    expect(list.stdout).toContain(digits)
  }
}, 60_000)

test('an import splits lines at line feeds only and keeps every Unicode character', async () => {
  await using stage = await openStage()
  const users = [
    'line\u2028separator',
    'paragraph\u2029',
    'next\u0085line',
    'caf\u00e9',
    '\ufffd',
    '😀',
  ]
  const line = (userId: string) =>
    toJson({ userId, provider: 'acme', accessToken: `at-${users.indexOf(userId)}` })
  const ends = ['\n', '\r\n', '\n\n', '\r\n \t\n', '\n', '']
  const text = users.map((user, n) => line(user) + ends[n]).join('')
  const run = await stage.importFile(await stage.file(Buffer.from(`\ufeff${text}`)))
  expect(run).toMatchObject({ code: 0, outcomes: { created: users.length } })
  expect(run.items.map((item) => item.line)).toEqual([1, 2, 3, 5, 7, 8])
  const list = await larder(['connections', 'list', '--json'], { env: stage.env })
  const stored = JSON.parse(list.stdout) as readonly { readonly userId: string }[]
  expect(stored.map(({ userId }) => userId).toSorted()).toEqual(users.toSorted())
}, 60_000)

test('an import refuses each line that is not UTF-8, names its number and imports the other lines', async () => {
  await using stage = await openStage()
  const lines = [
    Buffer.from(plainLine('before')),
    ...['caf\u00e9', 'caf\u00e8'].map((user) => Buffer.from(plainLine(user), 'latin1')),
    // An overlong form, an encoded surrogate, above U+10FFFF, and a truncated character.
    ...['\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xe2\x82'].map((bytes) =>
      Buffer.from(plainLine(`\xef\xbf\xbd${bytes}`), 'latin1'),
    ),
    Buffer.from(plainLine('nu\0l').replace('\\u0000', '\0')),
    Buffer.from(plainLine('x'.repeat(4 * 1024 * 1024))),
    Buffer.from(plainLine('after')),
  ]
  const run = await stage.importFile(
    await stage.file(Buffer.concat(lines.flatMap((one) => [one, LF]))),
  )
  expect(run).toMatchObject({ code: 1, outcomes: { created: 2, refused: 8 } })
  expect(
    run.items.map(({ line: number, problem }) => `${number} ${problem?.detail ?? ''}`),
  ).toEqual([
    '1 ',
    '2 byte 15 of the line is not UTF-8: convert the file to UTF-8',
    '3 byte 15 of the line is not UTF-8: convert the file to UTF-8',
    ...[4, 5, 6, 7].map(
      (number) => `${number} byte 15 of the line is not UTF-8: convert the file to UTF-8`,
    ),
    '8 byte 14 of the line is NUL: is the file in UTF-16?',
    '9 the line is too long: it may have 3145728 bytes',
    '10 ',
  ])
  for (const [encoding, mark] of [
    ['utf16le', '\ufeff'],
    ['utf16le', ''],
  ] as const) {
    const wide = await stage.file(Buffer.from(`${mark}${plainLine('wide')}\n`, encoding))
    const refused = await larder(['import', wide], { env: stage.env })
    expect(refused.code).not.toBe(0)
    expect(refused.stdout + refused.stderr).toContain('UTF-16')
  }
}, 60_000)

test('an import with --no-events creates no event, even when it is proven later, but its deletion creates one', async () => {
  await using stage = await openStage()
  const { api, provider } = stage
  const minted = await provider.mintGrants(6)
  const lines = minted.map(({ account, accessToken, refreshToken }, n) =>
    toJson({
      userId: `user-${n}`,
      provider: 'acme',
      accountId: account.id,
      refreshToken,
      ...(n % 2 === 0 ? {} : { accessToken, expiresInSeconds: 3600 }),
    }),
  )
  const [loud = '', ...quiet] = lines
  expect(await stage.importFile(await stage.file(quiet), '--no-events')).toMatchObject({ code: 0 })
  await provider.until({ endpoint: 'token', phase: 'answered', count: 2 })
  await until('all to be proven', async () => {
    const { body } = await api.get('/v1/connections?status=failing')
    return (body as { items: readonly unknown[] }).items.length === 0
  })
  const typesOf = async () => {
    const { body } = await api.get('/v1/events?limit=100')
    return (body as { items: readonly { type: string }[] }).items.map(({ type }) => type)
  }
  expect(await typesOf()).toEqual([])
  expect(await stage.importFile(await stage.file([loud]), '--verify')).toMatchObject({ code: 0 })
  expect(await typesOf()).toEqual(['connection.created'])
  const { body } = await api.get('/v1/users/user-1/oauth/acme')
  const { id, providerData } = body as { id: string; providerData: unknown }
  expect(providerData).toEqual({})
  await api.ask('DELETE', `/v1/connections/${id}`)
  expect(await typesOf()).toEqual(['connection.created', 'connection.deleted'])
}, 60_000)

test('an import with --problems-only prints only the refused lines', async () => {
  await using stage = await openStage()
  const good = toJson({ userId: 'u', provider: 'acme', accessToken: 'at' })
  const other = toJson({ userId: 'v', provider: 'acme', accessToken: 'at-2' })
  const path = await stage.file([good, '{', '"text"', other])
  const run = await larder(['import', path, '--problems-only'], { env: stage.env })
  expect(run).toMatchObject({ code: 1 })
  const rows = run.stdout.trimEnd().split('\n')
  expect(rows.map((row) => row.split(' ')[0])).toEqual(['LINE', '2', '3'])
  expect(run.stdout).toContain('some fields are not valid: body must be of type object')
  const json = await stage.importFile(path, '--problems-only')
  expect(json.items.map(({ line }) => line)).toEqual([2, 3])
}, 60_000)

const plainLine = (userId: string) => toJson({ userId, provider: 'acme', accessToken: 'at' })

const LF = Buffer.from('\n')

const toJson = (value: unknown) => JSON.stringify(value)

type Item = {
  readonly line: number
  readonly outcome: string
  readonly problem: { readonly code: string; readonly detail: string } | null
}

async function openStage() {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startScriptedProvider({ profile: 'strict' }))
  const at = opened.use(
    await makeInstallation({
      configuration: stringify({
        providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
        refresh: { ratePerSecond: RATE },
      }),
    }),
  )
  opened.use(await startLarderProcess(at))
  const env = { LARDER_URL: at.privateUrl, LARDER_API_KEY: at.apiKey }
  const running = opened.move()
  return {
    env,
    api: new LarderApi(at),
    provider,
    file: async (lines: readonly string[] | Buffer): Promise<string> => {
      const path = join(at.directory, 'connections.jsonl')
      const isWhole = Buffer.isBuffer(lines)
      await writeFile(path, isWhole ? lines : lines.map((line) => `${line}\n`).join(''))
      return path
    },
    async importFile(path: string, ...flags: readonly string[]) {
      const run = await larder(['import', path, '--json', ...flags], { env })
      const items = JSON.parse(run.stdout) as readonly Item[]
      const byOutcome = Map.groupBy(items, ({ outcome }) => outcome)
      const outcomes = Object.fromEntries(
        Array.from(byOutcome, ([outcome, { length }]) => [outcome, length]),
      )
      return { ...run, items, outcomes }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
