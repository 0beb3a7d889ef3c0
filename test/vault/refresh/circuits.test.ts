import { describe, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import type { VaultError } from '../../../src/core/base/errors.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000

test('a Retry-After for one connection delays all connections of the same OAuth client', async () => {
  await using stage = await openStage({ profile: 'plain' })
  const [told, other] = [await adopt(stage), await adopt(stage)]
  stage.clock.pass(2 * MINUTE)
  const headers = { 'retry-after': '90' }
  await stage.provider.misbehave({ act: 'answer', status: 429, body: 'empty', headers })
  await expect(read(stage, told)).rejects.toMatchObject({ extras: { reason: 'throttled' } })
  await stage.provider.behave()
  for (const ask of [() => read(stage, other), () => refreshNow(stage.ports, OPERATOR, other)]) {
    const refused = (await ask().catch((error: unknown) => error)) as VaultError
    expect(refused.extras.reason).toBe('throttled')
    expect(refused.extras.retryAfterSeconds).toBeGreaterThan(80)
  }
  expect(await refreshDue(stage.ports)).toBe(0)
  expect((await stage.stored(other)).status).toBe('active')
  expect(await stage.provider.requestCount()).toBe(1)
  stage.clock.pass(2 * MINUTE)
  await read(stage, other)
})

describe('a connection with its own client', () => {
  test('a refused own client of one connection does not delay the configured client', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const own = await adopt(stage, { id: 'theirs', secret: new Secret('wrong') })
    const [asked, due] = [await adopt(stage), await adopt(stage)]
    stage.clock.pass(2 * MINUTE)
    await expect(read(stage, own)).rejects.toMatchObject({ code: 'provider_misconfigured' })
    await read(stage, asked)
    await scanUntilRefreshed(stage, due)
    expect(await providerEvents(stage)).toEqual([])
  })

  test('a connection with its own client is refreshed while the configured client is refused', async () => {
    // The provider knows only the client that these two connections bring.
    await using stage = await openStage({ profile: 'plain', provider: { clientId: 'unknown' } })
    const { id, secret } = stage.provider.client
    const own = { id, secret: new Secret(secret) }
    const [asked, due] = [await adopt(stage, own), await adopt(stage, own)]
    const configured = await adopt(stage)
    stage.clock.pass(2 * MINUTE)
    await expect(read(stage, configured)).rejects.toMatchObject({ code: 'provider_misconfigured' })
    const refreshes = async () => (await stage.provider.requests({ endpoint: 'token' })).length
    const sent = await refreshes()
    await read(stage, asked)
    await scanUntilRefreshed(stage, due)
    expect(await refreshes()).toBe(sent + 2)
    expect(await providerEvents(stage)).toEqual(['provider.misconfigured'])
  })
})

type Client = { readonly id: string; readonly secret: Secret }

/** The access token expires after one minute. */
async function adopt(stage: Stage, client: Client | null = null): Promise<ConnectionId> {
  const { connection } = await stage.adopt({ accessTokenSeconds: 60, demand: { client } })
  return connection.id
}

function read(stage: Stage, id: ConnectionId) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 30, rejected: null })
}

async function scanUntilRefreshed(stage: Stage, id: ConnectionId): Promise<void> {
  await until('the schedule to refresh it', async () => {
    await refreshDue(stage.ports)
    return (await stage.stored(id)).grant.generation === 2
  })
}

async function providerEvents({ ports }: Stage): Promise<readonly string[]> {
  const events = await ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  return events.map(({ type }) => type).filter((type) => type.startsWith('provider.'))
}
