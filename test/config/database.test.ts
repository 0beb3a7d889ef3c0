import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { around, load, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const URL_OF_SERVER = 'postgres://larder:canary@db.example.com/vault'
const WRONG_URL =
  'LARDER_DATABASE_URL: must be postgres://user:password@host:port/database, each part percent-encoded'

test('without LARDER_DATABASE_URL, the vault is a file in the data directory', () => {
  const cwd = tempDir()
  const config = load({}, { cwd })
  expect(config.database).toBeNull()
  expect(config.databaseFile).toBe(join(cwd, 'data/larder.db'))
})

test('with a URL alone, the certificate is checked, and the other settings have their defaults', () => {
  const { database, databaseFile } = load({ LARDER_DATABASE_URL: URL_OF_SERVER })
  expect(databaseFile).toBeNull()
  expect(database?.url.expose()).toBe(URL_OF_SERVER)
  expect(database).toMatchObject({
    tls: 'verify-full',
    ca: null,
    poolSize: 10,
    statementTimeoutMs: 5_000,
  })
})

test('all settings of the database are read, the URL from a file', () => {
  const cwd = tempDir()
  put(cwd, 'url', `${URL_OF_SERVER}\n`)
  put(cwd, 'ca.pem', '-----BEGIN CERTIFICATE-----\n')
  const { database } = load(
    {
      LARDER_DATABASE_URL_FILE: 'url',
      LARDER_DATABASE_TLS: 'verify-full',
      LARDER_DATABASE_CA_FILE: 'ca.pem',
      LARDER_DATABASE_POOL: '2',
      LARDER_DATABASE_STATEMENT_SECONDS: '60',
    },
    { cwd },
  )
  expect(database?.url.expose()).toBe(URL_OF_SERVER)
  expect(database).toMatchObject({
    tls: 'verify-full',
    ca: '-----BEGIN CERTIFICATE-----\n',
    poolSize: 2,
    statementTimeoutMs: 60_000,
  })
})

test.each(['localhost', '127.0.0.1:5433', '[::1]:5432'])(
  'a server on %s needs no TLS by default',
  (host) => {
    const LARDER_DATABASE_URL = `postgresql://larder@${host}/vault`
    expect(load({ LARDER_DATABASE_URL }).database?.tls).toBe('disable')
    const encrypted = { LARDER_DATABASE_URL, LARDER_DATABASE_TLS: 'require' }
    expect(load(encrypted).database?.tls).toBe('require')
  },
)

describe('LARDER_DATABASE_URL', () => {
  test.each([
    'canary',
    'mysql://larder:canary@db/vault',
    'postgres://db/vault',
    'postgres://larder:canary@/vault',
    'postgres://larder:canary@db',
    'postgres://larder:canary@db/',
    'postgres://larder:canary@db/a/b',
    'postgres://larder:canary@db:99999/vault',
    'postgres://larder:100%canary@db/vault',
    'postgres://larder:canary@db/vault#part',
    'postgres://larder:can ary@db/vault',
  ])('%s is refused, and the problem does not quote it', (url) => {
    expect(problemsOf(() => load({ LARDER_DATABASE_URL: url }))).toEqual([WRONG_URL])
  })

  test.each(['?sslmode=disable', '?host=/tmp', '?'])('the parameters %s are refused', (query) => {
    const problems = problemsOf(() => load({ LARDER_DATABASE_URL: URL_OF_SERVER + query }))
    expect(problems).toEqual([
      'LARDER_DATABASE_URL: must have no parameters: use LARDER_DATABASE_TLS for TLS',
    ])
  })

  test('is not printed with the settings', () => {
    expect(JSON.stringify(load({ LARDER_DATABASE_URL: URL_OF_SERVER }))).not.toContain('canary')
  })

  test('lets no key be generated, because the server may hold a vault already', () => {
    const variables = { LARDER_DATABASE_URL: URL_OF_SERVER }
    const problems = problemsOf(() => loadConfig(variables, around()))
    expect(problems.map((problem) => problem.replace(/:.*/, ''))).toEqual([
      'LARDER_MASTER_KEY',
      'LARDER_API_KEY',
    ])
  })

  test('lets LARDER_VAULT_ID name a vault that is not in the data directory', () => {
    const LARDER_VAULT_ID = '0123456789abcdef0123456789abcdef'
    const { vaultId } = load({ LARDER_DATABASE_URL: URL_OF_SERVER, LARDER_VAULT_ID })
    expect(vaultId).toBe(LARDER_VAULT_ID)
  })
})

test.each([
  ['LARDER_DATABASE_TLS', 'on', 'must be one of disable, require, verify-full'],
  ['LARDER_DATABASE_POOL', '1', 'must be a whole number from 2 to 100'],
  ['LARDER_DATABASE_POOL', '101', 'must be a whole number from 2 to 100'],
  ['LARDER_DATABASE_POOL', '3.5', 'must be a whole number from 2 to 100'],
  ['LARDER_DATABASE_STATEMENT_SECONDS', '0', 'must be a whole number from 1 to 60'],
  ['LARDER_DATABASE_STATEMENT_SECONDS', '61', 'must be a whole number from 1 to 60'],
  ['LARDER_DATABASE_CA_FILE', 'absent.pem', 'cannot be read (ENOENT)'],
])('%s=%s is refused', (name, value, problem) => {
  const variables = { LARDER_DATABASE_URL: URL_OF_SERVER, [name]: value }
  expect(problemsOf(() => load(variables))).toEqual([`${name}: ${problem}`])
})

test('a file without certificates, and certificates that nothing checks, are refused', () => {
  const cwd = tempDir()
  put(cwd, 'key.pem', '-----BEGIN PRIVATE KEY-----\ncanary\n')
  put(cwd, 'ca.pem', '-----BEGIN CERTIFICATE-----\n')
  const problems = (file: string, tls: string) =>
    problemsOf(() =>
      load(
        {
          LARDER_DATABASE_URL: URL_OF_SERVER,
          LARDER_DATABASE_CA_FILE: file,
          LARDER_DATABASE_TLS: tls,
        },
        { cwd },
      ),
    )
  expect(problems('key.pem', 'verify-full')).toEqual([
    'LARDER_DATABASE_CA_FILE: must hold certificates in PEM form',
  ])
  expect(problems('ca.pem', 'require')).toEqual([
    'LARDER_DATABASE_CA_FILE: has no use: only verify-full checks certificates',
  ])
})

test.each([
  'LARDER_DATABASE_TLS',
  'LARDER_DATABASE_CA_FILE',
  'LARDER_DATABASE_POOL',
  'LARDER_DATABASE_STATEMENT_SECONDS',
])('%s without LARDER_DATABASE_URL is refused', (name) => {
  const values: Readonly<Record<string, string>> = {
    LARDER_DATABASE_TLS: 'require',
    LARDER_DATABASE_CA_FILE: 'ca.pem',
    LARDER_DATABASE_POOL: '5',
    LARDER_DATABASE_STATEMENT_SECONDS: '5',
  }
  const cwd = tempDir()
  put(cwd, 'ca.pem', '-----BEGIN CERTIFICATE-----\n')
  const problems = problemsOf(() => load({ [name]: values[name] ?? '' }, { cwd }))
  expect(problems).toEqual([`${name}: has no use without LARDER_DATABASE_URL`])
})
