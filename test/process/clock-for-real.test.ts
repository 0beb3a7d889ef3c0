import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { describe, expect, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startScriptedProvider } from '../support/scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

/** From Debian's package faketime. */
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const isThere = existsSync(LIBRARY)
if (!isThere) process.stderr.write(`NOT RUN: the clock for real. ${LIBRARY} is not there.\n`)

const HOUR_SECONDS = 3_600

describe.runIf(isThere)('under a wall clock that is really set', () => {
  test('back by days, forward by days, and right again: nothing expired is served, nothing storms, nothing stalls', async () => {
    await using stage = await openStage()
    const { api, provider, setClock, id } = stage
    const left = async () => {
      const answer = await api.get(`/v1/connections/${id}/token`)
      expect(answer.status).toBe(200)
      return (answer.body as { expiresInSeconds: number }).expiresInSeconds
    }
    const refreshes = async () => (await provider.requests({ endpoint: 'token' })).length
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)

    await setClock('-3d')
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)
    expect(await left()).toBeLessThanOrEqual(HOUR_SECONDS)
    expect(await refreshes()).toBe(0)

    await setClock('+3d')
    await until('what seems to have ended to be renewed', async () => (await refreshes()) === 1)
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)

    await setClock('+0')
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)
    expect(await left()).toBeLessThanOrEqual(HOUR_SECONDS)
    expect(await refreshes()).toBe(1)

    const before = await lastScan(api)
    await until('the schedule to go on', async () => (await lastScan(api)) !== before)
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  }, 60_000)
})

async function openStage() {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startScriptedProvider({ profile: 'strict' }))
  const at = opened.use(
    await makeInstallation({
      configuration: stringify({
        providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      }),
      environment: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    }),
  )
  const clock = join(at.directory, 'clock')
  await writeFile(clock, '+0')
  const environment = { ...at.environment, FAKETIME_TIMESTAMP_FILE: clock }
  const larder = opened.use(await startLarderProcess({ ...at, environment }))
  const api = new LarderApi(at)
  const [grant] = await provider.mintGrants(1)
  const imported = await api.post('/v1/connections', {
    userId: 'user-1',
    provider: 'acme',
    accessToken: grant?.accessToken,
    refreshToken: grant?.refreshToken,
    expiresInSeconds: HOUR_SECONDS,
    accountId: 'account-1',
  })
  const { id } = imported.body as { id: string }
  const steps = async () => (await larder.output()).split('"event":"clock.stepped"').length - 1
  const running = opened.move()
  return {
    api,
    provider,
    id,
    setClock: async (offset: string): Promise<void> => {
      const before = await steps()
      await writeFile(clock, offset)
      await until('the step to be noticed', async () => (await steps()) > before)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function lastScan(api: LarderApi): Promise<string> {
  const { body } = await api.get('/healthz')
  return (body as { scheduler: { lastScanAt: string } }).scheduler.lastScanAt
}
