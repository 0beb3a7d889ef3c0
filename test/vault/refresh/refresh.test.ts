import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { VaultError } from '../../../src/core/base/errors.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

describe('a refresh', () => {
  test('a refresh stores the rotated token after one request', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    const result = await refresh(stage.ports, connection, 'scheduled')
    expect(result.kind).toBe('refreshed')
    const after = await stage.stored(connection.id)
    const truth = await stage.provider.family(family)
    expect(after.grant).toMatchObject({ generation: 2 })
    expect(after.grant.refreshToken?.open().expose()).toBe(truth.current)
    expect(await tokenRequests(stage)).toBe(1)
  })

  test('a refresh at a provider without rotation keeps the refresh token', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection, refreshToken } = await stage.adopt()
    await refresh(stage.ports, connection, 'scheduled')
    const after = await stage.stored(connection.id)
    expect(after.grant.refreshToken?.open().expose()).toBe(refreshToken)
    expect(after.grant.generation).toBe(2)
  })

  test('a refresh sends nothing if the row was refreshed after it was read', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    await refresh(stage.ports, connection, 'asked')
    const again = await refresh(stage.ports, connection, 'asked')
    expect(again).toMatchObject({ kind: 'refreshed', connection: { grant: { generation: 2 } } })
    expect(await tokenRequests(stage)).toBe(1)
  })

  test('simultaneous readers, schedule and forced refresh share one request', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    stage.clock.pass(2 * HOUR)
    await stage.provider.misbehave({ act: 'delay', before: 'answer', ms: 100 })
    const reads = Array.from({ length: 50 }, () => read(stage, connection))
    await refreshDue(stage.ports)
    const forced = refreshNow(stage.ports, OPERATOR, connection.id)
    const served = await Promise.all(reads)
    await forced
    expect(new Set(served.map((one) => one.connection.grant.token?.tokenId)).size).toBe(1)
    expect(await tokenRequests(stage)).toBe(1)
  })

  test('a refresh completes even if its caller does not wait', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    void refresh(stage.ports, connection, 'asked')
    await until(
      'it to be stored',
      async () => (await stage.stored(connection.id)).grant.generation === 2,
    )
  })
})

describe('a refresh of a failing connection', () => {
  test('a second reader waits for the running refresh of a failing connection', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection, family } = await stage.adopt({ accessTokenSeconds: 60 })
    const failing = await stage.provider.misbehave({ act: 'answer', status: 500, body: 'empty' })
    await refresh(stage.ports, connection, 'scheduled')
    await stage.provider.behave(failing)
    stage.clock.pass(2 * MINUTE)
    const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { family })
    const sent = await tokenRequests(stage)
    const first = read(stage, connection)
    await until('it to be asked for', async () => (await tokenRequests(stage)) > sent)
    const second = read(stage, connection)
    await stage.provider.behave(held)
    const generations = (await Promise.all([first, second])).map((one) => {
      return one.connection.grant.generation
    })
    expect(generations).toEqual([2, 2])
    expect(await tokenRequests(stage)).toBe(sent + 1)
  })
})

test("a suspension of the machine during a refresh does not lengthen the token's lifetime", async () => {
  await using stage = await openStage({ profile: 'plain' })
  const { connection, family } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { family })
  const asked = stage.clock.now()
  const landed = refresh(stage.ports, connection, 'scheduled')
  await stage.provider.until({ family, count: 1, phase: 'processed' })
  // The wall clock goes on meanwhile, the monotonic one does not.
  stage.clock.shift(10 * MINUTE)
  await stage.provider.behave(held)
  await landed
  const { token } = (await stage.stored(connection.id)).grant
  expect(token?.issuedAt).toBeLessThan(asked + MINUTE)
})

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

describe('an answer that is lost', () => {
  test('a lost answer is replayed at once, and the provider returns the rotation again within its grace', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const { connection, family } = await stage.adopt()
    await stage.provider.misbehave(
      { act: 'cut', after: 'processing', ending: 'reset' },
      { next: 1 },
    )
    const result = await refresh(stage.ports, connection, 'scheduled')
    expect(result.kind).toBe('refreshed')
    const after = await stage.stored(connection.id)
    expect(after.attempt).toBeNull()
    expect(after.grant.refreshToken?.open().expose()).toBe(
      (await stage.provider.family(family)).current,
    )
    expect(await tokenRequests(stage)).toBe(2)
  })

  test('a lost answer is not replayed if the provider revokes on reuse, and the failure has the reason interrupted', async () => {
    await using stage = await openStage({ provider: { refreshTokens: { replay: 'never' } } })
    const { connection, family } = await stage.adopt()
    await stage.provider.misbehave(
      { act: 'cut', after: 'processing', ending: 'reset' },
      { next: 1 },
    )
    await refresh(stage.ports, connection, 'scheduled')
    expect(await stage.stored(connection.id)).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'interrupted' },
    })
    expect(await tokenRequests(stage)).toBe(1)
    expect((await stage.provider.family(family)).revoked).toBeNull()
  })

  test('a grant found dead after a lost answer has the reason interrupted', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const lost = await stage.provider.misbehave({
      act: 'cut',
      after: 'processing',
      ending: 'reset',
    })
    await refresh(stage.ports, connection, 'scheduled')
    await stage.provider.behave(lost)
    await refreshNow(stage.ports, OPERATOR, connection.id).catch(() => null)
    expect((await stage.stored(connection.id)).failure?.reason).toBe('interrupted')
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

describe('a late answer', () => {
  test('the tokens of a late answer for a deleted connection are revoked', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const flight = refresh(stage.ports, connection, 'scheduled')
    await until('it to be at the provider', async () => (await tokenRequests(stage)) === 1)
    await deleteConnection(stage.ports, OPERATOR, { id: connection.id }, { revoke: false })
    await stage.provider.behave()
    expect((await flight).kind).toBe('gone')
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
    expect(await stage.ports.store.connection(connection.id)).toBeNull()
  })
})

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

describe("a token that the provider's API rejects", () => {
  test('fifty reports of a rejected token cause one refresh, and later reports one refresh per minute', async () => {
    await using stage = await openStage({ profile: 'strict' })
    const { connection } = await stage.adopt()
    const report = async () => {
      const { grant } = await stage.stored(connection.id)
      const rejected = grant.token?.tokenId ?? null
      return getToken(stage.ports, OPERATOR, { target: connection, minTtlSeconds: 60, rejected })
    }
    const served = await Promise.all(Array.from({ length: 50 }, report))
    expect(new Set(served.map(({ connection: { grant } }) => grant.generation))).toEqual(
      new Set([2]),
    )
    expect(await tokenRequests(stage)).toBe(1)
    // A new token does not help if the API rejects everything.
    for (let again = 0; again < 10; again++) {
      await expect(report()).rejects.toMatchObject({ code: 'provider_unavailable' })
    }
    expect(await tokenRequests(stage)).toBe(1)
    stage.clock.pass(MINUTE)
    expect((await report()).connection.grant.generation).toBe(3)
  })
})

test('a token that arrives already expired is not counted as served', async () => {
  await using stage = await openStage({ profile: 'plain' })
  const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
  await stage.provider.setAccessTokenSeconds(0)
  stage.clock.pass(2 * MINUTE)
  await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
  expect((await stage.stored(connection.id)).grant.generation).toBe(2)
  expect(stage.observed.filter(({ what }) => what === 'tokenServed')).toEqual([])
})

describe('a forced refresh', () => {
  test('a forced refresh ignores the back-off but respects a Retry-After', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
    stage.clock.pass(2 * MINUTE)
    await stage.provider.misbehave({ act: 'answer', status: 500, body: 'empty' }, { next: 2 })
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
    const sent = await tokenRequests(stage)
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect(await tokenRequests(stage)).toBe(sent)
    expect((await refreshNow(stage.ports, OPERATOR, connection.id)).status).toBe('active')

    await stage.provider.misbehave(
      { act: 'answer', status: 429, body: 'empty', headers: { 'retry-after': '90' } },
      { next: 1 },
    )
    await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toBeInstanceOf(
      VaultError,
    )
    const before = await tokenRequests(stage)
    const problem = await refreshNow(stage.ports, OPERATOR, connection.id).catch(
      (error: VaultError) => error,
    )
    expect((problem as VaultError).extras.retryAfterSeconds).toBeGreaterThan(80)
    expect(await tokenRequests(stage)).toBe(before)
  })
})

function read(stage: Stage, { id }: Pick<LiveConnection, 'id'>) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}

async function tokenRequests(stage: Stage): Promise<number> {
  return (await stage.provider.requests({ endpoint: 'token' })).length
}
