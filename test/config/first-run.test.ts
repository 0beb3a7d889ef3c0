import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadClientConfig } from '../../src/config/client-config.ts'
import { loadConfig } from '../../src/config/config.ts'
import { API_KEY, around, MASTER_KEY, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const NO_MASTER =
  'LARDER_MASTER_KEY: not set; "openssl rand -base64 32" or "larder master-key new" prints one'
const NO_API = 'LARDER_API_KEY: not set; "larder keys new" prints one'

describe('a first run on one machine', () => {
  test('a first run makes both keys beside the data directory, readable by their owner only', () => {
    const cwd = tempDir()
    const config = loadConfig({}, around({ cwd }))
    const files = [join(cwd, 'larder-api.key'), join(cwd, 'larder-master.key')]
    expect(config.madeKeys).toEqual(files)
    for (const path of files) expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(config.masterKey.take()).toHaveLength(32)
    expect(readFileSync(files[0] ?? '', 'utf8')).toMatch(/^[\w-]{43}\n$/)
    expect(readdirSync(cwd)).toEqual(['larder-api.key', 'larder-master.key'])
  })

  test('later runs and the command line use the keys of the first run', () => {
    const cwd = tempDir()
    const first = loadConfig({}, around({ cwd }))
    put(cwd, 'data/larder.db', '')
    const second = loadConfig({}, around({ cwd }))
    expect(second.madeKeys).toEqual([])
    expect(second.masterKey.take()).toEqual(first.masterKey.take())
    expect(loadClientConfig({}, around({ cwd })).apiKey).toEqual(second.apiKey)
  })

  test('runs in two directories make different keys', () => {
    const [a, b] = [loadConfig({}, around()), loadConfig({}, around())]
    expect(a.masterKey.take()).not.toEqual(b.masterKey.take())
  })

  test('a first run makes only the key that an interrupted run did not make', () => {
    const cwd = tempDir()
    put(cwd, 'larder-api.key', API_KEY)
    expect(loadConfig({}, around({ cwd })).madeKeys).toEqual([join(cwd, 'larder-master.key')])
  })

  test('a first run leaves no key behind if another setting is rejected', () => {
    const cwd = tempDir()
    expect(problemsOf(() => loadConfig({ LARDER_LISTEN: 'x' }, around({ cwd })))).toHaveLength(1)
    expect(readdirSync(cwd)).toEqual([])
  })

  test('a first run reports that it cannot write the keys', () => {
    const cwd = tempDir()
    const variables = { LARDER_DATA_DIR: `${put(cwd, 'file', '')}/data` }
    expect(problemsOf(() => loadConfig(variables, around({ cwd })))).toEqual([
      expect.stringMatching(
        /^LARDER_MASTER_KEY: not set, and none can be written beside the data directory \(\w+\)$/,
      ),
    ])
  })
})

describe('a start without a first run', () => {
  test.each([
    ['in the image', {}, { inImage: true }],
    ['if other machines can reach the private API', { LARDER_LISTEN: '0.0.0.0:7420' }, {}],
  ])('a start makes no keys %s', (_case, variables, changes) => {
    const cwd = tempDir()
    const problems = problemsOf(() => loadConfig(variables, around({ cwd, ...changes })))
    expect(problems).toEqual([NO_MASTER, NO_API])
    expect(readdirSync(cwd)).toEqual([])
  })

  test('a start makes no keys if a vault exists, because new keys could not open the vault', () => {
    const cwd = tempDir()
    put(cwd, 'data/larder.db', '')
    expect(problemsOf(() => loadConfig({}, around({ cwd })))).toEqual([
      'LARDER_MASTER_KEY: not set, but the data directory holds a vault: give the key that made it',
      NO_API,
    ])
    expect(existsSync(join(cwd, 'larder-master.key'))).toBe(false)
  })

  test.each([
    [{ LARDER_API_KEY: API_KEY }, NO_MASTER],
    [{ LARDER_MASTER_KEY: MASTER_KEY }, NO_API],
  ])('a start makes no keys if one of the two keys is given', (variables, problem) => {
    expect(problemsOf(() => loadConfig(variables, around()))).toEqual([problem])
  })
})

test('a malformed key file of an earlier run is rejected and not replaced', () => {
  const cwd = tempDir()
  put(cwd, 'larder-master.key', 'canary')
  const problems = problemsOf(() => loadConfig({}, around({ cwd })))
  expect(problems).toEqual([expect.stringMatching(/^larder-master\.key: must be 32 bytes/)])
  expect(readFileSync(join(cwd, 'larder-master.key'), 'utf8')).toBe('canary')
})
