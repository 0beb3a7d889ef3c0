import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { larder } from '../cli/larder.ts'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import {
  type Installation,
  type SpawnedLarder,
  startLarderProcess,
} from '../support/larder-process.ts'
import { queryPostgres } from '../support/postgres.ts'
import { useDurableServer } from './durable-server.ts'

const database = useDurableServer()

const open = () => openCrashStage({ provider: { profile: 'strict' } })

/** The same installation with the vault in PostgreSQL. */
function onPostgres(at: Installation): Readonly<Record<string, string>> {
  return { ...at.environment, LARDER_DATABASE_URL: database.url }
}

function move(at: Installation, direction: string, changes: Readonly<Record<string, string>> = {}) {
  return larder(['move', direction], { env: { ...onPostgres(at), ...changes } })
}

async function stop(running: SpawnedLarder): Promise<void> {
  running.kill('SIGTERM')
  expect(await running.ended).toBe(0)
}

/** Starts and stops a daemon with connections, so that the data directory has a vault. */
async function fill(stage: CrashStage, connections = 3) {
  const running = await stage.start()
  const adopted = await stage.adopt(connections)
  for (const { id } of adopted) {
    expect((await stage.api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  }
  await stage.api.createLink({ userId: 'someone', provider: 'acme' })
  await stop(running)
  return adopted
}

/** The source still starts. */
async function unchanged(stage: CrashStage): Promise<void> {
  await stop(await stage.start())
}

/** All rows as text. The heartbeat and leases differ. */
function dump(file: string): string {
  const raw = new Database(file, { readonly: true })
  try {
    const tables = raw
      .prepare<[], { name: string }>(
        `select name from sqlite_schema where type = 'table' order by 1`,
      )
      .all()
      .filter(({ name }) => !name.startsWith('kysely'))
    const rows = tables.map(({ name }) => [
      name,
      raw.prepare(`select * from "${name}" order by 1`).all(),
    ])
    return JSON.stringify(rows)
  } finally {
    raw.close()
  }
}

describe('larder move', () => {
  test('moves a vault into PostgreSQL and back, and both databases refuse to start once they were left', async () => {
    await using stage = await open()
    const { at, api, provider } = stage
    const adopted = await fill(stage)
    const file = join(at.dataDir, 'larder.db')
    const before = dump(file)
    expect(await move(at, 'to-postgres')).toEqual({
      code: 0,
      stdout: 'moved, connections: 3; the old vault is retired\n',
      stderr: '',
    })
    expect(existsSync(file)).toBe(false)
    const left = await larder(['serve'], { env: at.environment })
    expect(left.code).toBe(74)
    expect(left.stderr).toContain('error: the vault was moved to another database\n')
    expect(await move(at, 'to-sqlite')).toMatchObject({ code: 0 })
    expect(dump(file) === before).toBe(true)
    const alsoLeft = await larder(['serve'], {
      env: { ...onPostgres(at), LARDER_DATA_DIR: join(at.directory, 'new') },
    })
    expect(alsoLeft.code).toBe(74)
    expect(alsoLeft.stderr).toContain('error: the vault was moved to another database\n')
    const running = await stage.start()
    for (const { id, family } of adopted) {
      expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
      expect((await provider.family(family)).revoked).toBeNull()
    }
    await stop(running)
  })

  test('a daemon goes on with a vault that was moved into PostgreSQL, after a kill too', async () => {
    await using stage = await open()
    const adopted = await fill(stage)
    const running = await stage.start()
    await stage.kill(running)
    expect(await move(stage.at, 'to-postgres')).toMatchObject({ code: 0 })
    await using daemon = await startLarderProcess({
      ...stage.at,
      environment: onPostgres(stage.at),
    })
    expect(daemon.pid).toBeGreaterThan(0)
    for (const { id, family } of adopted) {
      expect((await stage.api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
      expect((await stage.provider.family(family)).revoked).toBeNull()
    }
  })
})

describe('larder move refuses, and leaves the source as it is:', () => {
  test('while the daemon runs', async () => {
    await using stage = await open()
    await stage.start()
    const refused = await move(stage.at, 'to-postgres')
    expect(refused).toMatchObject({ code: 74, stdout: '' })
    expect(refused.stderr).toContain('error: another process holds this data directory\n')
  })

  test('without LARDER_DATABASE_URL', async () => {
    await using stage = await open()
    await fill(stage)
    const refused = await larder(['move', 'to-postgres'], { env: stage.at.environment })
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('LARDER_DATABASE_URL must name the PostgreSQL database')
    await unchanged(stage)
  })

  test('with another master key', async () => {
    await using stage = await open()
    await fill(stage)
    const LARDER_MASTER_KEY = randomBytes(32).toString('base64')
    expect(await move(stage.at, 'to-postgres', { LARDER_MASTER_KEY })).toMatchObject({ code: 78 })
    await unchanged(stage)
    expect(await move(stage.at, 'to-postgres')).toMatchObject({ code: 0 })
  })

  test('into a database that holds a vault', async () => {
    await using one = await open()
    await using other = await open()
    await fill(one)
    await fill(other)
    expect(await move(one.at, 'to-postgres')).toMatchObject({ code: 0 })
    const refused = await move(other.at, 'to-postgres')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('the target holds a vault already')
    await unchanged(other)
  })

  test('without a vault', async () => {
    await using stage = await open()
    const refused = await move(stage.at, 'to-postgres')
    expect(refused.stderr).toContain('there is no vault to move')
  })

  test('if a value does not open in the copy', async () => {
    await using stage = await open()
    await fill(stage)
    const raw = new Database(join(stage.at.dataDir, 'larder.db'))
    raw.prepare(`update connections set refresh_token_blob = randomblob(80) where rowid = 2`).run()
    raw.close()
    const refused = await move(stage.at, 'to-postgres')
    expect(refused.stderr).toContain('the copy is not complete: a row of connections does not open')
    await unchanged(stage)
    const [found] = await queryPostgres(database.url, 'select count(*)::int as vaults from vault')
    expect(found).toEqual({ vaults: 0 })
  })
})
