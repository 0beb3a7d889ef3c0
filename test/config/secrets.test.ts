import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { API_KEY, around, KEYS, load, MASTER_KEY, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 8 + 3))
const { LARDER_MASTER_KEY: _key, ...WITHOUT_MASTER } = KEYS

function masterKey(variables: Record<string, string>, cwd = tempDir()) {
  return loadConfig({ ...WITHOUT_MASTER, ...variables }, around({ cwd })).masterKey
}

test.each([
  ['standard base64', KEY.toString('base64')],
  ['base64 without padding', KEY.toString('base64').replace('=', '')],
  ['base64url', KEY.toString('base64url')],
])('the master key is accepted as %s', (_form, text) => {
  expect(Buffer.from(masterKey({ LARDER_MASTER_KEY: text }).take())).toEqual(KEY)
})

test('the master key can be read from the settings once, and they keep neither its text nor its bytes', () => {
  const key = masterKey({ LARDER_MASTER_KEY: KEY.toString('base64') })
  expect(key.take()).toHaveLength(32)
  expect(() => key.take()).toThrow('already taken')
  expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain(KEY.toString('base64'))
})

test('a variable that ends in _FILE reads its value from a file, without the final newline', () => {
  const cwd = tempDir()
  put(cwd, 'master.key', `${KEY.toString('base64')}\r\n`)
  const key = masterKey({ LARDER_MASTER_KEY_FILE: 'master.key' }, cwd)
  expect(Buffer.from(key.take())).toEqual(KEY)
})

test('a secret file that group or others can read gives a warning', () => {
  const cwd = tempDir()
  const LARDER_API_KEY_FILE = put(cwd, 'api.key', API_KEY, 0o640)
  const { LARDER_API_KEY: _given, ...rest } = KEYS
  const config = loadConfig({ ...rest, LARDER_API_KEY_FILE }, around({ cwd }))
  expect(config.warnings).toContain(
    'LARDER_API_KEY_FILE: the file can be read by group or others: chmod 600',
  )
})

test.each([
  ['is missing', null, 'the file cannot be read (ENOENT)'],
  ['is empty', '\n', 'the file is empty'],
  [
    'holds something else',
    'canary',
    'must be at least 32 characters of A-Z, a-z, 0-9 and . _ ~ + / -',
  ],
  ['is huge', 'x'.repeat(1_048_577), 'the file is larger than 1 MiB'],
])('a secret file that %s is rejected', (_case, text, detail) => {
  const cwd = tempDir()
  if (text !== null) put(cwd, 'api.key', text)
  const variables = { LARDER_MASTER_KEY: MASTER_KEY, LARDER_API_KEY_FILE: 'api.key' }
  const problems = problemsOf(() => loadConfig(variables, around({ cwd })))
  expect(problems).toEqual([`LARDER_API_KEY_FILE: ${detail}`])
})

test('a secret given both directly and as a file is rejected', () => {
  const problems = problemsOf(() => load({ LARDER_API_KEY_FILE: '/nowhere' }))
  expect(problems).toEqual(['LARDER_API_KEY: given twice: keep it or LARDER_API_KEY_FILE'])
})

test('the master key can be the output of a command, which gets the whole environment', () => {
  const key = masterKey({
    LARDER_MASTER_KEY_COMMAND: 'printf "%s" "$HELD" | tr -d x; echo',
    HELD: `${KEY.toString('base64')}xx`,
    PATH: process.env['PATH'] ?? '',
  })
  expect(Buffer.from(key.take())).toEqual(KEY)
})

test.each([
  ['echo canary; echo canary >&2; exit 3', 'ended with exit code 3'],
  ['echo canary', 'what it prints must be 32 bytes in base64'],
  ['kill -TERM $$', 'was ended by SIGTERM'],
  ['head -c 9000 /dev/zero', 'printed more than 4096 bytes'],
])('the master key command "%s" is rejected without showing its output', (command, detail) => {
  const variables = { LARDER_MASTER_KEY_COMMAND: command, PATH: process.env['PATH'] ?? '' }
  const problems = problemsOf(() => masterKey(variables))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(`LARDER_MASTER_KEY_COMMAND: ${detail}`)
  expect(problems[0]).not.toContain('canary')
})

test('printing the settings shows no secret', () => {
  const config = load({ LARDER_GOOGLE_CLIENT_ID: 'id', LARDER_GOOGLE_CLIENT_SECRET: 'canary-1' })
  const printed = JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true })
  expect(printed).not.toMatch(/canary-1|kkkk|BwcH/)
})
