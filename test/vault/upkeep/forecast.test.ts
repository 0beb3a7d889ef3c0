import { describe, expect, test } from 'vitest'
import type { Caller } from '../../../src/core/base/access.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { warningsOf } from '../../../src/vault/connect/connect-warnings.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { announceExpiry } from '../../../src/vault/upkeep/announce-expiry.ts'
import { importTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { linkDemand } from '../../support/link-demand.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('a grant that will expire', () => {
  test('the expiry of a grant is announced once, a week before the grant expires', async () => {
    await using stage = await openStage({
      provider: { refreshTokens: { lifetimeSeconds: 60 * 86_400 } },
    })
    await stage.adopt()
    const daysUntilTold = async (days: number) => {
      stage.clock.pass(days * DAY)
      return announceExpiry(stage.ports)
    }
    expect(await daysUntilTold(52)).toBe(0)
    expect(await daysUntilTold(1.5)).toBe(1)
    expect(await daysUntilTold(1)).toBe(0)
    expect(await told(stage)).toEqual(['connection.created', 'connection.expiring'])
  })

  test('the expiry of a grant with a lifetime of one week is not announced on its first day', async () => {
    await using stage = await openStage({
      provider: { refreshTokens: { lifetimeSeconds: 7 * 86_400 } },
    })
    await stage.adopt()
    expect(await announceExpiry(stage.ports)).toBe(0)
    stage.clock.pass(5.7 * DAY)
    expect(await announceExpiry(stage.ports)).toBe(1)
  })

  test('the expiry of a token without a refresh token is announced', async () => {
    await using stage = await openStage({
      provider: { refreshTokens: { lifetimeSeconds: 365 * 86_400 } },
    })
    const end = stage.clock.now() + 60 * DAY
    const { connection } = await stage.adopt({
      accessTokenSeconds: 60 * 86_400,
      demand: { refreshToken: null, expiresAt: end },
    })
    expect((await stage.stored(connection.id)).grant.refreshTokenExpiresAt).toBe(end)
    stage.clock.pass(54 * DAY)
    expect(await announceExpiry(stage.ports)).toBe(1)
    const events = await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({ nextAction: 'reauthorize' })
  })

  test('an expiry is not announced during a refresh, but once after it', async () => {
    await using stage = await openStage({
      provider: { refreshTokens: { lifetimeSeconds: 60 * 86_400 } },
    })
    const { connection } = await stage.adopt()
    stage.clock.pass(54 * DAY)
    const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
    const flight = refresh(stage.ports, connection, 'scheduled')
    await until('it to be at the provider', async () => (await stage.provider.requestCount()) > 0)
    expect(await announceExpiry(stage.ports)).toBe(0)
    await stage.provider.behave(held)
    await flight
    expect(await announceExpiry(stage.ports)).toBe(1)
    expect(await announceExpiry(stage.ports)).toBe(0)
  })

  test('an expiry that each refresh extends is not announced', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave({ act: 'edit', set: { refresh_token_expires_in: 30 * 86_400 } })
    const { connection } = await stage.adopt()
    for (let day = 0; day < 60; day += 10) {
      stage.clock.pass(10 * DAY)
      await refresh(stage.ports, await stage.stored(connection.id), 'scheduled')
      expect(await announceExpiry(stage.ports)).toBe(0)
    }
  })
})

describe('a grant that no caller reads', () => {
  test.each([
    ['is refreshed before the provider ends it as idle', { idleSeconds: 30 * 86_400 }, 15],
    ['is refreshed as often as the provider asks', { renewEverySeconds: 7 * 86_400 }, 7],
  ])(
    'a grant that no caller reads %s, however long its access token lives',
    async (_, refreshTokens, days) => {
      await using stage = await openStage({ provider: { refreshTokens }, profile: 'plain' })
      const { connection } = await stage.adopt({ accessTokenSeconds: 365 * 86_400 })
      // Its age is known only after a refresh.
      await stage.provider.setAccessTokenSeconds(365 * 86_400)
      const fresh = await refresh(stage.ports, connection, 'forced')
      const { generation } = 'connection' in fresh ? fresh.connection.grant : connection.grant
      stage.clock.pass((days - 2) * DAY)
      await settle(stage)
      expect((await stage.stored(connection.id)).grant.generation).toBe(generation)
      stage.clock.pass(2 * DAY)
      await settle(stage)
      expect((await stage.stored(connection.id)).grant.generation).toBe(generation + 1)
    },
  )
})

describe('a grant that no caller reads, at a provider that ends idle grants after thirty days', () => {
  test.each([
    ['stays alive if the preset knows the idle time', { idleSeconds: 30 * 86_400 }, null],
    ['stays alive if its access tokens are short-lived', { accessTokenSeconds: 3_600 }, null],
    ['is otherwise ended by the provider and disconnected', {}, 'idle'],
  ] as const)('a grant that no caller reads %s', async (_, known, cause) => {
    const { accessTokenSeconds = 365 * 86_400, ...refreshTokens } = known as Known
    const options = { profile: 'strict', idleMs: 30 * DAY, accessTokenSeconds } as const
    await using stage = await openStage({ ...options, provider: { refreshTokens } })
    const { connection, family } = await stage.adopt()
    for (let day = 0; day < 120; day += 5) {
      stage.clock.pass(5 * DAY)
      await stage.provider.advanceTime(5 * DAY)
      await settle(stage)
    }
    expect((await stage.provider.family(family)).revoked?.cause ?? null).toBe(cause)
    await refresh(stage.ports, await stage.stored(connection.id), 'forced')
    const { status } = await stage.stored(connection.id)
    expect(status).toBe(cause === null ? 'active' : 'disconnected')
  })
})

type Known = { readonly idleSeconds?: number; readonly accessTokenSeconds?: number }

describe('warnings at connect time', () => {
  test('a connection without a refresh token has a warning that says how to fix it', async () => {
    const remedy = 'Switch on offline access'
    await using stage = await openStage({ provider: { refreshTokens: { remedy } } })
    const { connection } = await stage.adopt({ demand: { refreshToken: null } })
    const [warning] = warningsOf(stage.ports, connection)
    expect(warning?.code).toBe('no_refresh_token')
    expect(warning?.detail).toContain(remedy)
    expect(stage.observed.filter(({ what }) => what === 'connectWarned')).toHaveLength(1)
  })

  test('a link has a warning if one more consent would end an older grant of the account', async () => {
    await using stage = await openStage({ provider: { refreshTokens: { perAccount: 2 } } })
    const { account, connections } = await twoUsersOfOneAccount(stage)
    const make = (wish: Parameters<typeof linkDemand>[0]) =>
      createLink(stage.ports, OPERATOR, linkDemand(wish))
    const reconnect = await make({
      userId: connections[0]?.userId as UserId,
      connectionId: connections[0]?.id ?? null,
    })
    expect(reconnect.warnings.map(({ code }) => code)).toEqual(['grants_per_account'])
    expect((await make({ expectedAccount: account.id })).warnings).toHaveLength(1)
    expect((await make({})).warnings).toEqual([])
  })

  test('a narrowed key gets no warning about connections out of its reach', async () => {
    await using stage = await openStage({ provider: { refreshTokens: { perAccount: 2 } } })
    const { account } = await twoUsersOfOneAccount(stage)
    const make = (narrowed: Partial<Caller>) => {
      const caller = { ...OPERATOR, ...narrowed }
      const wish = { userId: 'user-2' as UserId, expectedAccount: account.id }
      return createLink(stage.ports, caller, linkDemand(wish))
    }
    expect((await make({})).warnings).toHaveLength(1)
    expect((await make({ userIdPrefix: 'user-2' })).warnings).toEqual([])
    expect((await make({ userIdPrefix: 'user-' })).warnings).toHaveLength(1)
  })
})

async function twoUsersOfOneAccount(stage: Stage) {
  const account = { id: 'a-1', email: 'a@example.com', name: 'A' }
  const connections = []
  for (const [index, label] of ['one', 'two'].entries()) {
    const [minted] = await stage.provider.mintGrants(1, { account })
    const { connection } = await importTokens(stage.ports, OPERATOR, {
      ...NOTHING,
      userId: `user-${index + 1}` as UserId,
      provider: ACME,
      accessToken: new Secret(minted?.accessToken ?? ''),
      refreshToken: new Secret(minted?.refreshToken ?? ''),
      expiresAt: stage.clock.now() + HOUR,
      accountId: account.id,
      label,
    })
    connections.push(await stage.stored(connection.id))
  }
  return { account, connections: await Promise.all(connections.map(({ id }) => stage.stored(id))) }
}

async function settle(stage: Stage): Promise<void> {
  await refreshDue(stage.ports)
  await until('the flights to land', () => stage.ports.flights.size === 0)
}

async function told(stage: Stage): Promise<readonly string[]> {
  const events = await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })
  return events.map(({ type }) => type)
}
