import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreError } from '../../../src/core/base/errors.ts'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'
import { ON_POSTGRES } from '../../support/on-postgres.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const away = async () => {
  throw new StoreError('unreachable', new Error('canary'))
}

describe('probes and metrics', () => {
  const open = { authorization: '' }

  test.each(['GET', 'HEAD'])('probes answer %s without an API key', async (method) => {
    for (const path of ['/livez', '/readyz']) {
      const { status, text } = await api.askUnchecked({ method, path, headers: open })
      expect(status).toBe(200)
      expect(text === '').toBe(method === 'HEAD')
    }
  })

  test.each(['disk_full', 'read_only', 'io_error', 'locked', 'corrupt', 'unreachable'] as const)(
    '/readyz and /healthz report why the database cannot be written: %s',
    async (reason) => {
      api.ports.store.sharedProbe = async () => {
        throw new StoreError(reason, new Error('of SQLite'))
      }
      const { status, json } = await api.ask({ path: '/readyz', headers: open })
      expect({ status, json }).toEqual({ status: 503, json: { ready: false, reason } })
      const health = await api.ask({ path: '/healthz' })
      expect(health.status).toBe(503)
      expect(health.json).toMatchObject({ ok: false, database: { ok: false, reason } })
    },
  )

  test.skipIf(ON_POSTGRES)(
    '10,000 calls of /readyz by 32 callers write to the database once a second, and reads continue',
    async () => {
      const body = { accessToken: 'at', refreshToken: 'rt', scope: [] }
      const made = await api.ask({ method: 'POST', path: '/v1/users/ann/oauth/acme', body })
      const readToken = { path: `/v1/connections/${String(made.json['id'])}/token` }
      await api.ask({ path: '/readyz', headers: open })
      const log = () => readFileSync(join(api.dataDir, 'larder.db-wal'))
      const written = log()
      let left = 10_000
      const call = async () => {
        while (left-- > 0) {
          // All calls fall within one second, because repeating a heartbeat would not change the log.
          if (left % 12 === 0) api.now++
          expect((await fetch(`${api.address}/readyz`)).status).toBe(200)
        }
      }
      const calling = Promise.all(Array.from({ length: 32 }, call))
      for (let n = 0; n < 50; n++) expect((await api.ask(readToken)).status).toBe(200)
      await calling
      for (const path of ['/healthz', '/readyz']) expect((await api.ask({ path })).status).toBe(200)
      expect(log().equals(written)).toBe(true)
      api.now += 1_000
      await api.ask({ path: '/readyz', headers: open })
      expect(log().equals(written)).toBe(false)
    },
  )

  test.skipIf(ON_POSTGRES)(
    '/readyz reports within a second that the database has become unwritable or writable again',
    async () => {
      expect((await api.ask({ path: '/readyz', headers: open })).status).toBe(200)
      const holder = new Database(join(api.dataDir, 'larder.db'))
      holder.exec('begin immediate')
      api.now += 1_000
      const { status, json } = await api.ask({ path: '/readyz', headers: open })
      expect({ status, json }).toEqual({ status: 503, json: { ready: false, reason: 'locked' } })
      holder.close()
      api.now += 1_000
      expect((await api.ask({ path: '/readyz', headers: open })).status).toBe(200)
    },
  )

  test('/healthz reports null for values that it cannot read from the database', async () => {
    api.ports.store.sharedProbe = away
    api.ports.store.census = away
    api.ports.store.webhookStates = away
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(503)
    expect(json).toMatchObject({
      ok: false,
      stopping: false,
      database: { ok: false, reason: 'unreachable' },
      oldestOverdueMs: null,
      revocationsQueued: null,
      connections: null,
      webhooks: null,
    })
  })

  test('/healthz of a stopping process reports stopping and a healthy database', async () => {
    Object.assign(api.ports.pulse, { stopping: true })
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(503)
    expect(json).toMatchObject({ ok: false, stopping: true, database: { ok: true, reason: null } })
  })

  test('/healthz reports which job has been running for how long, and when the last scan ended', async () => {
    const jobs = [
      { name: 'refresh-due', lastEndedAt: START, runningForMs: 90_000 },
      { name: 'sweep', lastEndedAt: null, runningForMs: null },
    ]
    Object.assign(api.ports.pulse, { jobs })
    const { json } = await api.ask({ path: '/healthz' })
    const at = new Date(START).toISOString()
    expect(json['scheduler']).toEqual({
      lastScanAt: at,
      lagMs: 0,
      jobs: [
        { name: 'refresh-due', lastEndedAt: at, runningForMs: 90_000 },
        { name: 'sweep', lastEndedAt: null, runningForMs: null },
      ],
    })
  })

  test('/healthz reports the state of database, key, journal and each provider', async () => {
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ok: true,
      version: '0.0.0-test',
      database: { ok: true, reason: null },
      key: { ok: true },
      journal: { waiting: 0 },
      providers: [
        { id: 'acme', state: 'ok', since: null, retryAt: null },
        { id: 'odd', state: 'ok' },
      ],
    })
  })

  test('/metrics answers in text format', async () => {
    const { headers, text } = await api.ask({ path: '/metrics' })
    expect(headers['content-type']).toBe('text/plain; version=0.0.4')
    expect(text).toBe('up 1\n')
  })
})
