import { describe, expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

describe('a connection without a refresh token', () => {
  test('a connection without a refresh token serves its access token until it expires, even after a forced refresh', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({ demand: { refreshToken: null } })
    await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toMatchObject({
      code: 'reconnect_required',
      extras: { reason: 'no_refresh_token' },
    })
    expect(await stage.stored(connection.id)).toMatchObject({ status: 'active', failure: null })
    expect((await read(stage, connection)).warnings).toEqual([])
    stage.clock.pass(2 * HOUR)
    await refreshDue(stage.ports)
    await until('it to end', async () => {
      return (await stage.stored(connection.id)).status === 'disconnected'
    })
  })
})

describe('outcomes that do not disconnect', () => {
  test.each([
    [{ act: 'answer', status: 500, body: 'html' }, 'failing', 'provider_unavailable'],
    [{ act: 'answer', status: 403, body: 'firewall-html' }, 'failing', 'provider_unavailable'],
    [{ act: 'answer', status: 200, body: 'json-null' }, 'failing', 'provider_unavailable'],
    [
      { act: 'answer', status: 429, body: 'empty', headers: { 'retry-after': '120' } },
      'failing',
      'throttled',
    ],
    [{ act: 'refuse', error: 'temporarily_unavailable' }, 'failing', 'provider_unavailable'],
    [{ act: 'refuse', error: 'something_new' }, 'failing', 'provider_unavailable'],
    [{ act: 'cut', after: 'accept', ending: 'reset' }, 'failing', 'provider_unavailable'],
    [{ act: 'refuse', error: 'invalid_client', status: 401 }, 'active', undefined],
    [
      { act: 'answer', status: 302, body: 'empty', headers: { location: '/elsewhere' } },
      'active',
      undefined,
    ],
  ] as const)(
    'a refresh answered with %j leaves the connection %s',
    async (deed, status, reason) => {
      await using stage = await openStage({ profile: 'plain' })
      const { connection } = await stage.adopt()
      await stage.provider.misbehave(deed)
      await refresh(stage.ports, connection, 'scheduled')
      const after = await stage.stored(connection.id)
      expect([after.status, after.failure?.reason]).toEqual([status, reason])
      expect((await read(stage, after)).connection.grant.token?.secret.expose()).toBeTruthy()
      await stage.provider.behave()
      stage.clock.pass(20 * MINUTE)
      await refreshNow(stage.ports, OPERATOR, connection.id)
      expect((await stage.stored(connection.id)).status).toBe('active')
    },
  )

  test('an unreachable provider leaves the connection failing, without an open attempt', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await stage.provider.stopListening()
    await refresh(stage.ports, connection, 'scheduled')
    const after = await stage.stored(connection.id)
    expect([after.status, after.failure?.reason]).toEqual(['failing', 'provider_unavailable'])
    // Nothing was sent, so no attempt is open.
    expect(after.attempt).toBeNull()
    await stage.provider.listenAgain()
    await refreshNow(stage.ports, OPERATOR, connection.id)
    expect((await stage.stored(connection.id)).status).toBe('active')
    expect(await tokenRequests(stage)).toBe(1)
  })
})

describe('a dead grant', () => {
  test('a dead grant serves its access token until it expires, and recovers when a probe succeeds', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection, refreshToken } = await stage.adopt()
    const dead = await stage.provider.misbehave({
      act: 'refuse',
      error: 'invalid_grant',
      status: 400,
    })
    await refresh(stage.ports, connection, 'scheduled')
    const after = await stage.stored(connection.id)
    expect(after).toMatchObject({ status: 'disconnected', failure: { reason: 'revoked' } })
    expect(after.grant.refreshToken?.open().expose()).toBe(refreshToken)
    expect((await read(stage, after)).warnings).toEqual(['reconnect_required'])
    stage.clock.pass(HOUR)
    await expect(read(stage, after)).rejects.toMatchObject({
      code: 'reconnect_required',
      extras: { reason: 'revoked' },
    })

    await stage.provider.behave(dead)
    await refreshDue(stage.ports)
    await until('it to heal', async () => (await stage.stored(connection.id)).status === 'active')
    const types = (await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })).map(
      ({ type }) => type,
    )
    expect(types).toEqual(['connection.created', 'connection.disconnected', 'connection.recovered'])
  })
})

describe('the log of a disconnect', () => {
  test.each([
    [
      'revoked',
      'invalid_grant',
      (stage: Stage) => stage.provider.misbehave({ act: 'refuse', error: 'invalid_grant' }),
      {},
    ],
    [
      'interrupted',
      'the connection broke before an answer',
      (stage: Stage) =>
        stage.provider.misbehave({ act: 'cut', after: 'processing', ending: 'reset' }),
      { refreshTokens: { replay: 'never' } },
    ],
    [
      'no_refresh_token',
      'the provider issued no refresh token',
      async (stage: Stage) => stage.clock.pass(2 * HOUR),
      null,
    ],
  ] as const)(
    'a connection that ends as %s is logged once',
    async (reason, detail, prepare, provider) => {
      await using stage = await openStage({ profile: 'plain', provider: provider ?? {} })
      const { connection } = await stage.adopt(
        provider === null ? { demand: { refreshToken: null } } : {},
      )
      await prepare(stage)
      for (let time = 0; time < 2; time++) {
        await refresh(stage.ports, await stage.stored(connection.id), 'forced')
      }
      const told = stage.observed.filter(({ what }) => what === 'disconnected')
      expect(told.map(({ about }) => about)).toEqual([
        { id: connection.id, provider: connection.provider, reason, detail },
      ])
    },
  )
})
