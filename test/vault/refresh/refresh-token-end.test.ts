import { describe, expect, test } from 'vitest'
import { type LiveConnection, isLive } from '../../../src/core/connection/connection.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { beginApiFlow } from '../../../src/vault/connect/begin-api-flow.ts'
import { finishApiFlow } from '../../../src/vault/connect/finish-api-flow.ts'
import { announceExpiry } from '../../../src/vault/upkeep/announce-expiry.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000
const HALF_HOUR_S = 1_800
const DAY_S = 86_400

/** Access tokens live a day; a grant that is not refreshed for half an hour is dead. */
const SLIDING = { accessTokenSeconds: DAY_S, idleMs: HALF_HOUR_S * 1_000 } as const

describe('a refresh token that ends long before its access token', () => {
  test.each(['refresh_expires_in', 'refresh_token_expires_in'])(
    'a short-lived refresh token is refreshed in time if answers state %s',
    async (name) => {
      await using stage = await openStage(SLIDING)
      await stage.provider.misbehave({ act: 'edit', set: { [name]: HALF_HOUR_S } })
      const connection = await consent(stage)
      await passTwoHours(stage)
      await expectAlive(stage, connection)
      expect(await announceExpiry(stage.ports)).toBe(0)
    },
  )

  test('an imported short-lived refresh token is refreshed in time once a first refresh has returned its expiry', async () => {
    await using stage = await openStage(SLIDING)
    await stage.provider.misbehave({ act: 'edit', set: { refresh_expires_in: HALF_HOUR_S } })
    const { connection } = await stage.adopt({ demand: { accessToken: null, expiresAt: null } })
    await passTwoHours(stage)
    await expectAlive(stage, connection)
  })

  test('a refresh token with a lifetime of one minute is refreshed in time', async () => {
    await using stage = await openStage({ accessTokenSeconds: DAY_S, idleMs: MINUTE })
    await stage.provider.misbehave({ act: 'edit', set: { refresh_expires_in: 60 } })
    const connection = await consent(stage)
    for (let passed = 0; passed < 5 * MINUTE; passed += 5_000) {
      await stage.pass(5_000)
      await stage.refreshDue()
    }
    await expectAlive(stage, connection)
  })

  test('a refresh is retried before the refresh token expires, however long the back-off', async () => {
    await using stage = await openStage({
      ...SLIDING,
      provider: { refreshTokens: { graceSeconds: 0 } },
    })
    await stage.provider.misbehave({ act: 'edit', set: { refresh_expires_in: HALF_HOUR_S } })
    const connection = await consent(stage)
    await stage.provider.behave()
    await stage.provider.misbehave('status-503', { endpoint: 'token' })
    const end = connection.grant.refreshTokenExpiresAt ?? 0
    while (end - stage.clock.now() > 2 * MINUTE) {
      await stage.pass(MINUTE)
      await refresh(stage.ports, await stage.stored(connection.id), 'forced')
    }
    const { dueAt } = await stage.stored(connection.id)
    expect(dueAt).toBeLessThan(end)
  })
})

describe('an expiry of the refresh token that no refresh moves', () => {
  test.each(['a preset', 'each answer'])(
    'an expiry of the refresh token that no refresh extends causes one refresh if %s states it',
    async (by) => {
      const refreshTokens = by === 'a preset' ? { lifetimeSeconds: HALF_HOUR_S } : {}
      await using stage = await openStage({
        accessTokenSeconds: DAY_S,
        provider: { refreshTokens },
      })
      const end = stage.clock.now() + HALF_HOUR_S * 1_000
      const state = async () => {
        if (by === 'a preset') return
        await stage.provider.behave()
        const left = Math.floor((end - stage.clock.now()) / 1_000)
        await stage.provider.misbehave({ act: 'edit', set: { refresh_expires_in: left } })
      }
      await state()
      await consent(stage)
      for (let passed = 0; passed < 29 * MINUTE; passed += MINUTE) {
        await stage.pass(MINUTE)
        await state()
        await stage.refreshDue()
      }
      const sent = await stage.provider.requests({ endpoint: 'token' })
      // One code exchange and one refresh.
      expect(sent).toHaveLength(2)
    },
  )

  test('a refresh-token expiry from the preset that no refresh extends applies to an import', async () => {
    await using stage = await openStage({
      accessTokenSeconds: DAY_S,
      provider: { refreshTokens: { lifetimeSeconds: HALF_HOUR_S }, accessTokenSeconds: DAY_S },
    })
    const { connection } = await stage.adopt()
    expect(connection.dueAt).toBeLessThan(stage.clock.now() + HALF_HOUR_S * 1_000)
  })
})

async function consent(stage: Stage): Promise<LiveConnection> {
  const demand = {
    userId: 'user-1' as UserId,
    provider: ACME,
    callbackUrl: 'https://app.example.com/oauth/callback',
    email: null,
    scope: null,
    params: {},
    state: 'of the app',
  }
  const { url } = await beginApiFlow(stage.ports, OPERATOR, demand)
  const answer = await fetch(url, { redirect: 'manual' })
  const callback = new Map(new URL(answer.headers.get('location') ?? '').searchParams)
  const back = { userId: demand.userId, callback, name: null }
  const done = await finishApiFlow(stage.ports, OPERATOR, back)
  return stage.stored(done.connection.id)
}

async function passTwoHours(stage: Stage): Promise<void> {
  for (let passed = 0; passed < 120 * MINUTE; passed += MINUTE) {
    await stage.pass(MINUTE)
    await stage.refreshDue()
  }
}

async function expectAlive(stage: Stage, { id }: LiveConnection): Promise<void> {
  const result = await refresh(stage.ports, await stage.stored(id), 'forced')
  expect(result).toMatchObject({ kind: 'refreshed', connection: { status: 'active' } })
  expect(isLive(await stage.stored(id))).toBe(true)
}
