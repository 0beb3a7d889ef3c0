import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { stringify } from 'yaml'
import { describe, expect, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

/** From the Debian package `faketime`. */
const [LIBRARY] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
if (LIBRARY === undefined) {
  process.stderr.write('NOT RUN: the clock for real. libfaketimeMT.so.1 is not there.\n')
}

const HOUR_SECONDS = 3_600
const KEY_IN_USE = `select id from data_keys where purpose = 'data' and retired_at is null`
const MINUTE_MS = 60_000

describe.runIf(LIBRARY !== undefined)('a wall clock that is set', () => {
  test('Larder serves valid tokens, refreshes once and keeps scanning while the clock is set back and forward by three days', async () => {
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
    const first = await refreshes()
    expect(first).toBeGreaterThan(0)

    await setClock('+3d')
    await until('the token to be refreshed', async () => (await refreshes()) > first)
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)

    await setClock('+0')
    expect(await left()).toBeGreaterThan(HOUR_SECONDS - 60)
    expect(await left()).toBeLessThanOrEqual(HOUR_SECONDS)
    // One for each step, and one more if a read asks before a step back is noticed.
    expect(await refreshes()).toBeLessThanOrEqual(5)

    const before = await lastScan(api)
    await until('the schedule to go on', async () => (await lastScan(api)) !== before)
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  }, 120_000)

  test('after the clock jumps over summer-time changes or by days, each cron job runs once, by UTC, within the next minute', async () => {
    await using stage = await openStage({ at: '2026-10-20T12:05:05Z', zone: 'Europe/Vienna' })
    await using seen = watch(stage)
    const firstKey = stage.keyInUse()
    for (const [index, [what, time]] of TURNS.entries()) {
      const noticedAt = await stage.setClock(offsetTo(time))
      await until(`a beat, set ${what}`, () => seen.beats.length === index + 2, 90_000)
      const beat = seen.beats[index + 1] ?? 0
      expect(beat, what).toBeGreaterThan(noticedAt)
      expect(isNextBeat(beat, noticedAt), `${what}: ${beat - noticedAt} ms later`).toBe(true)
    }
    expect(seen.beats).toHaveLength(TURNS.length + 1)
    // After the second step the data key was more than ninety days old.
    expect(stage.keyInUse()).not.toBe(firstKey)
    expect(seen.refusals).toEqual([])
    expect(seen.longestReadMs()).toBeLessThan(5_000)
    const refreshes = await stage.provider.requests({ endpoint: 'token' })
    // One for each step, and one for a read before Larder notices a step back.
    expect(refreshes.length).toBeLessThanOrEqual(2 * TURNS.length)
  }, 180_000)
})

/**
 * Each time is three seconds before a full minute, which keeps the wait short. Each step follows a
 * heartbeat, so that a task that is not rescheduled misses the next one.
 */
const TURNS: readonly (readonly [what: string, time: string])[] = [
  ['to the end of summer time', '2026-10-25T00:59:57Z'],
  ['to its beginning', '2027-03-28T00:59:57Z'],
  ['forward by three days', '2027-03-31T04:22:57Z'],
  ['back by three days', '2027-03-28T04:29:57Z'],
  ['forward by forty days', '2027-05-07T04:34:57Z'],
  ['back by thirty days', '2027-04-07T04:39:57Z'],
]

/** Whether the beat came in the minute after the step was noticed, or within 61 seconds. */
function isNextBeat(beat: number, noticedAt: number): boolean {
  const minutes = Math.floor(beat / MINUTE_MS) - Math.floor(noticedAt / MINUTE_MS)
  return minutes === 1 || beat - noticedAt < MINUTE_MS + 1_000
}

function offsetTo(time: string): string {
  const seconds = (Date.parse(time) - Date.now()) / 1000
  return `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}`
}

type Stage = Awaited<ReturnType<typeof openStage>>

/** The default is the time of this machine. */
async function openStage(begin: { readonly at?: string; readonly zone?: string } = {}) {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startScriptedProvider({ profile: 'strict' }))
  const at = opened.use(
    await makeInstallation({
      configuration: stringify({
        providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      }),
      environment: {
        LD_PRELOAD: LIBRARY ?? '',
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        ...(begin.zone === undefined ? {} : { TZ: begin.zone }),
      },
    }),
  )
  const clock = join(at.directory, 'clock')
  // A rename, because a half-written file would set yet another time.
  const put = async (offset: string) => {
    await writeFile(`${clock}.new`, offset)
    await rename(`${clock}.new`, clock)
  }
  await put(begin.at === undefined ? '+0' : offsetTo(begin.at))
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
    accountId: grant?.account.id,
  })
  const { id } = imported.body as { id: string }
  const file = new Database(join(at.dataDir, 'larder.db'), { readonly: true })
  opened.defer(() => void file.close())
  const one = (query: string) => Number(file.prepare(query).pluck().get())
  const steps = async () =>
    (await larder.output()).split('\n').filter((line) => line.includes('"event":"clock.stepped"'))
  const running = opened.move()
  return {
    api,
    provider,
    id,
    heartbeat: () => one('select heartbeat_at from vault'),
    keyInUse: () => file.prepare(KEY_IN_USE).pluck().get() as string,
    /** Returns when Larder noticed the step, by the new clock. */
    setClock: async (offset: string): Promise<number> => {
      const { length } = await steps()
      await put(offset)
      const line = await until('the step to be noticed', async () => (await steps())[length])
      return Date.parse((JSON.parse(line) as { time: string }).time)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Until it is disposed of, reads a token and the heartbeat, which Larder writes every minute. */
function watch({ api, id, heartbeat }: Stage) {
  let last = heartbeat()
  const beats = [last]
  const refusals: string[] = []
  const over = new AbortController()
  let longestReadMs = 0
  const watching = (async () => {
    while (!over.signal.aborted) {
      const begun = performance.now()
      const { status, text } = await api.get(`/v1/connections/${id}/token`)
      longestReadMs = Math.max(longestReadMs, performance.now() - begun)
      if (status !== 200) refusals.push(text)
      const beat = heartbeat()
      // The heartbeat goes back with the clock.
      if (beat > last) beats.push(beat)
      last = beat
      await wait(20)
    }
  })()
  return {
    beats,
    refusals,
    longestReadMs: () => longestReadMs,
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await watching
    },
  }
}

async function lastScan(api: LarderApi): Promise<string> {
  const { body } = await api.get('/healthz')
  return (body as { scheduler: { lastScanAt: string } }).scheduler.lastScanAt
}
