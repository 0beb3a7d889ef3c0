import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { larder } from '../cli/larder.ts'
import { openCrashStage } from '../crash/crash-stage.ts'
import type { Installation } from '../support/larder-process.ts'
import { type PostgresServer, queryPostgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { useDurableServer } from './durable-server.ts'

const database = useDurableServer()

const open = (environment: Readonly<Record<string, string>> = {}) =>
  openCrashStage({
    provider: { profile: 'strict' },
    environment: { LARDER_DATABASE_URL: database.url, ...environment },
  })

describe('a daemon on PostgreSQL', () => {
  test('keeps connections over restarts, and writes only its journal and its lock to the data directory', async () => {
    await using stage = await open()
    const first = await stage.start()
    const [one] = await stage.adopt(1)
    if (one === undefined) throw new Error('no connection was imported')
    const path = `/v1/connections/${one.id}`
    expect((await stage.api.post(`${path}/refresh`)).status).toBe(200)
    const token = async () => {
      const { body } = await stage.api.get(`${path}/token`)
      return (body as { readonly accessToken: string }).accessToken
    }
    const before = await token()
    first.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    const second = await stage.start()
    expect(await token()).toBe(before)
    expect((await stage.api.post(`${path}/refresh`)).status).toBe(200)
    expect(readdirSync(stage.at.dataDir).toSorted()).toEqual(['larder.journal', 'larder.lock'])
    expect((await stage.provider.family(one.family)).revoked).toBeNull()
    expect(await second.output()).not.toContain(new URL(database.url).password)
  })

  test('a second daemon on the same database is refused until the first has ended, however it ends', async () => {
    await using stage = await open()
    const first = await stage.start()
    const env = { ...stage.at.environment, LARDER_DATA_DIR: join(stage.at.directory, 'other') }
    expect(await larder(['serve'], { env })).toMatchObject({
      code: 74,
      stderr:
        'larder: error: another process uses this database\n' +
        'larder: hint: nothing was changed; see docs/running.md, and docs/postgres.md for PostgreSQL\n',
    })
    await stage.kill(first)
    await stage.start()
  })

  test('a rotation that the database cannot take is stored after the server was killed and started again', async () => {
    await using own = await startPostgres({ fsync: true })
    await using stage = await open({ LARDER_DATABASE_URL: own.url })
    await stage.start()
    const [one, other] = await stage.adopt(2)
    if (one === undefined) throw new Error('no connection was imported')
    const path = `/v1/connections/${one.id}`
    const read = async () => (await stage.api.get(`/v1/connections/${other?.id}/token`)).status
    expect(await read()).toBe(200)
    const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const refreshing = stage.api.post(`${path}/refresh`)
    await stage.provider.until({ family: one.family, count: 1, phase: 'processed' })
    await own.kill9()
    await stage.provider.behave(held)
    expect((await refreshing).status).toBe(200)
    expect((await stage.api.get('/readyz')).status).toBe(503)
    // From memory.
    expect(await read()).toBe(200)
    await own.start()
    await until('the database to be reached', async () => {
      return (await stage.api.get('/readyz')).status === 200
    })
    await until('a refresh with the stored token', async () => {
      return (await stage.api.post(`${path}/refresh`)).status === 200
    })
    expect((await stage.provider.family(one.family)).revoked).toBeNull()
  })
})

function refusal(code: number, problem: string) {
  return { code, stderr: expect.stringContaining(`larder: error: ${problem}\n`) }
}

function serve(at: Installation, changes: Readonly<Record<string, string>> = {}) {
  return larder(['serve'], { env: { ...at.environment, ...changes } })
}

describe('a start on PostgreSQL that is refused', () => {
  test('with another master key, before anything is written', async () => {
    await using stage = await open()
    await stage.kill(await stage.start())
    const LARDER_MASTER_KEY = randomBytes(32).toString('base64')
    expect(await serve(stage.at, { LARDER_MASTER_KEY })).toMatchObject({ code: 78 })
    await stage.start()
  })

  test('with another LARDER_VAULT_ID, or with one and an empty database', async () => {
    await using stage = await open()
    const LARDER_VAULT_ID = '0123456789abcdef0123456789abcdef'
    const refused = refusal(78, 'LARDER_VAULT_ID: the database holds another vault or none')
    expect(await serve(stage.at, { LARDER_VAULT_ID })).toMatchObject(refused)
    await stage.kill(await stage.start())
    expect(await serve(stage.at, { LARDER_VAULT_ID })).toMatchObject(refused)
  })

  test('with a vault of SQLite in the data directory', async () => {
    await using stage = await open()
    mkdirSync(stage.at.dataDir)
    writeFileSync(join(stage.at.dataDir, 'larder.db'), '')
    const problem =
      'the data directory holds a vault of SQLite, and the settings name another database'
    expect(await serve(stage.at)).toMatchObject(refusal(74, problem))
  })

  test('with a journal and an empty database', async () => {
    await using stage = await open()
    await stage.kill(await stage.start())
    const LARDER_DATABASE_URL = await database.createDatabase()
    const problem = 'the database is gone or empty, and a vault was here: its journal is there'
    expect(await serve(stage.at, { LARDER_DATABASE_URL })).toMatchObject(refusal(74, problem))
  })

  test('with the tables of another program', async () => {
    await using stage = await open()
    await queryPostgres(database.url, 'create table connections (id text)')
    const problem = 'the database is not a vault: it has a table connections'
    expect(await serve(stage.at)).toMatchObject(refusal(74, problem))
  })

  test('if the server does not answer, and the error names neither the URL nor the password', async () => {
    await using stage = await open()
    const LARDER_DATABASE_URL = 'postgres://larder:canary-pw@127.0.0.1:9/vault'
    const refused = await serve(stage.at, { LARDER_DATABASE_URL })
    expect(refused).toMatchObject(
      refusal(74, 'the database server cannot be reached: ECONNREFUSED'),
    )
    expect(refused.stderr).not.toMatch(/canary-pw|127\.0\.0\.1/)
  })

  test('without keys, because a new key would not open the vault of the server', async () => {
    await using stage = await open()
    const { LARDER_MASTER_KEY: _m, LARDER_API_KEY: _a, ...env } = stage.at.environment
    rmSync(stage.at.dataDir, { recursive: true, force: true })
    expect(await larder(['serve'], { env })).toMatchObject(
      refusal(
        78,
        'LARDER_MASTER_KEY: not set; "openssl rand -base64 32" or "larder master-key new" prints one',
      ),
    )
    expect(existsSync(stage.at.dataDir)).toBe(false)
  })
})

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url))
}

describe('TLS to PostgreSQL', () => {
  const start = (settings: Readonly<Record<string, string>>) =>
    open({ LARDER_DATABASE_URL: safe.urlOf('postgres'), ...settings })
  let safe: PostgresServer

  beforeAll(async () => {
    safe = await startPostgres({ fsync: true, certificate: 'postgres' })
  })
  afterAll(() => safe[Symbol.asyncDispose]())

  test.each([
    ['verify-full with its authority', 'verify-full', 'postgres.pem'],
    ['require', 'require', null],
  ])('a daemon starts with %s, and its connections are encrypted', async (_, tls, ca) => {
    await using stage = await start({
      LARDER_DATABASE_TLS: tls,
      ...(ca !== null && { LARDER_DATABASE_CA_FILE: fileOf(ca) }),
    })
    await stage.start()
    const sessions = `select ssl from pg_stat_ssl join pg_stat_activity using (pid)
      where client_port is not null and pid <> pg_backend_pid()`
    const rows = await queryPostgres(safe.url, sessions)
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(new Set(['{"ssl":true}']))
  })

  test.each([
    ['an authority that did not sign the certificate', 'ca.pem', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['no authority', null, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('a daemon with verify-full and %s does not start', async (_, ca, code) => {
    await using stage = await start({
      LARDER_DATABASE_TLS: 'verify-full',
      ...(ca !== null && { LARDER_DATABASE_CA_FILE: fileOf(ca) }),
    })
    const { stderr, ...refused } = await larder(['serve'], { env: stage.at.environment })
    expect(refused).toMatchObject({ code: 74 })
    expect(stderr).toContain(`the certificate of the database server is not accepted: ${code}\n`)
  })

  test('a daemon does not start if the certificate names another host', async () => {
    await using other = await startPostgres({ fsync: true, certificate: 'server' })
    await using stage = await start({
      LARDER_DATABASE_URL: other.url,
      LARDER_DATABASE_TLS: 'verify-full',
      LARDER_DATABASE_CA_FILE: fileOf('ca.pem'),
    })
    const { stderr } = await larder(['serve'], { env: stage.at.environment })
    expect(stderr).toContain('is not accepted: ERR_TLS_CERT_ALTNAME_INVALID\n')
  })

  test.each(['require', 'verify-full'])(
    'a daemon with %s does not send its password to a server without TLS',
    async (tls) => {
      await using stage = await open({ LARDER_DATABASE_TLS: tls })
      const { code, stderr } = await larder(['serve'], { env: stage.at.environment })
      expect(code).toBe(74)
      expect(stderr).toContain('its server has no TLS, and LARDER_DATABASE_TLS asks for it\n')
    },
  )
})
