import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

const MINUTE = 60_000

describe('a refused client', () => {
  test('a refused client opens the circuit and alerts once, changes no connection, and recovers after one probe', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const adopted = await Promise.all(
      Array.from({ length: 8 }, () => stage.adopt({ accessTokenSeconds: 60 })),
    )
    stage.clock.pass(2 * MINUTE)
    const refused = await stage.provider.misbehave({
      act: 'refuse',
      error: 'invalid_client',
      status: 401,
    })
    await refreshDue(stage.ports)
    await until('the flights to land', () => stage.ports.flights.size === 0)
    const sent = await tokenRequests(stage)
    for (let i = 0; i < 20; i++) await refreshDue(stage.ports)
    expect(await tokenRequests(stage)).toBe(sent)
    await expect(
      read(stage, adopted.map(({ connection }) => connection)[0] as LiveConnection),
    ).rejects.toMatchObject({
      code: 'provider_misconfigured',
    })
    const turns = stage.observed.filter(({ what }) => what === 'circuitChanged')
    expect(turns).toMatchObject([{ about: { client: 'configured', open: true } }])
    for (const { connection } of adopted)
      expect((await stage.stored(connection.id)).status).toBe('active')

    await stage.provider.behave(refused)
    stage.clock.pass(12 * MINUTE)
    expect(await refreshDue(stage.ports)).toBe(1)
    await until('all to be refreshed', async () => {
      await refreshDue(stage.ports)
      const all = await Promise.all(adopted.map(({ connection }) => stage.stored(connection.id)))
      return all.every(({ grant }) => grant.generation === 2)
    })
    const types = (await stage.ports.store.events({ after: 0, limit: 50, reach: OPERATOR })).map(
      ({ type }) => type,
    )
    expect(types.filter((type) => type.startsWith('provider.'))).toEqual([
      'provider.misconfigured',
      'provider.recovered',
    ])
  })

  test.each([
    [
      { act: 'refuse', error: 'invalid_client', status: 401 },
      'the provider refuses this OAuth client',
    ],
    [{ act: 'answer', status: 404, body: 'html' }, 'the token endpoint is not at its address'],
    [
      { act: 'answer', status: 302, body: 'empty', headers: { location: '/elsewhere' } },
      'the token endpoint redirects',
    ],
  ] as const)(
    'after %j a forced refresh returns provider_misconfigured with the reason',
    async (deed, message) => {
      await using stage = await openStage({ profile: 'plain' })
      const { connection } = await stage.adopt()
      await stage.provider.misbehave(deed)
      await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toMatchObject({
        code: 'provider_misconfigured',
        message: expect.stringContaining(message),
      })
    },
  )

  test("the log distinguishes a connection's own refused client from the configured client", async () => {
    await using stage = await openStage({ profile: 'plain' })
    const client = { id: 'of-the-customer', secret: new Secret('its secret') }
    const { connection } = await stage.adopt({ demand: { client } })
    await refresh(stage.ports, connection, 'scheduled')
    const turns = stage.observed.filter(({ what }) => what === 'circuitChanged')
    expect(turns).toMatchObject([
      { about: { client: 'own', id: connection.id, reason: 'misconfigured', open: true } },
    ])
  })

  test('a refresh reports that its provider was removed from the settings', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const ports = { ...stage.ports, providers: new Map() }
    await expect(refreshNow(ports, OPERATOR, connection.id)).rejects.toMatchObject({
      code: 'provider_misconfigured',
      message: 'the provider is not in the settings any more',
    })
  })

  test('a reader gets the error of an open circuit at once, although the lane is full', async () => {
    await using stage = await openStage({ profile: 'plain', policy: { concurrencyPerProvider: 1 } })
    const { connection: first } = await stage.adopt({ accessTokenSeconds: 60 })
    const { connection: second, family } = await stage.adopt({ accessTokenSeconds: 60 })
    stage.clock.pass(2 * MINUTE)
    await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { family })
    const hanging = refresh(stage.ports, second, 'scheduled')
    await stage.provider.until({ family, count: 1, phase: 'arrived' })
    const { provider } = first
    const client = stage.ports.endpoint.clientKey(provider, null)
    const later = stage.clock.now() + MINUTE
    const open = { reason: 'misconfigured', since: stage.clock.now(), until: later } as const
    stage.ports.traffic.turn({ provider, client, failures: 5, open })

    await expect(read(stage, first)).rejects.toMatchObject({ code: 'provider_misconfigured' })
    expect(stage.ports.flights.has(second.id)).toBe(true)
    expect(stage.ports.flights.has(first.id)).toBe(false)
    await stage.provider.behave()
    await hanging
  })

  test('if the provider refuses a client secret, the next secret of the list is tried', async () => {
    await using stage = await openStage({ profile: 'confidential-secret-list' })
    const { connection } = await stage.adopt()
    const [, second = ''] = stage.provider.client.secrets
    await stage.provider.setClientSecrets([second])
    expect((await refresh(stage.ports, connection, 'scheduled')).kind).toBe('refreshed')
  })
})
