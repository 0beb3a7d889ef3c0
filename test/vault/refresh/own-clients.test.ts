import { describe, expect, test } from 'vitest'
import { clientName, isOwnClientKey } from '../../../src/core/connection/client-key.ts'
import { closedCircuit } from '../../../src/core/refresh/circuit.ts'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { Lanes } from '../../../src/vault/refresh/lanes.ts'
import { PrunedMap } from '../../../src/vault/refresh/pruned-map.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { ACME, openStage, OPERATOR, OTHER, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000

describe("a connection's own client with the configured client's public id", () => {
  test('an own client with a wrong secret does not delay the configured client of the same id', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const own = await adopt(stage, { id: stage.provider.client.id, secret: new Secret('wrong') })
    const others = [await adopt(stage), await adopt(stage)]
    stage.clock.pass(2 * MINUTE)
    await expect(read(stage, own)).rejects.toMatchObject({ code: 'provider_misconfigured' })
    for (const id of others) await read(stage, id)
    const events = await stage.ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
    expect(events.filter(({ type }) => type.startsWith('provider.'))).toEqual([])
  })

  test('an own client with a wrong secret does not delay another own client of the same id', async () => {
    await using stage = await openStage({ profile: 'plain', provider: { clientId: 'unknown' } })
    const { id, secret } = stage.provider.client
    const [wrong, right] = [
      await adopt(stage, { id, secret: new Secret('wrong') }),
      await adopt(stage, { id, secret: new Secret(secret) }),
    ]
    stage.clock.pass(2 * MINUTE)
    await expect(read(stage, wrong)).rejects.toMatchObject({ code: 'provider_misconfigured' })
    await read(stage, right)
  })

  test('an own client counts as the configured client only with one of the configured secrets', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { id, secret } = stage.provider.client
    const keyOf = (own: string | null, provider = ACME) =>
      stage.ports.endpoint.clientKey(provider, {
        id,
        secret: own === null ? null : new Secret(own),
      })
    const configured = stage.ports.endpoint.clientKey(ACME, null)
    expect(keyOf(secret)).toBe(configured)
    for (const wrong of ['wrong', '', null]) expect(keyOf(wrong)).not.toBe(configured)
    expect(keyOf('wrong')).toBe(keyOf('wrong'))
    expect(keyOf('wrong')).not.toBe(keyOf('wrong', OTHER))
    expect(keyOf('wrong')).not.toContain('wrong')
  })
})

describe("a grant of a connection's own client", () => {
  // Earlier versions stored the public id, to which the provider has bound the refresh token.
  test('a grant is bound to the public client id, so a new client secret keeps it valid', async () => {
    await using stage = await openStage({ profile: 'plain', provider: { clientId: 'unknown' } })
    const { id, secret } = stage.provider.client
    const own = await adopt(stage, { id, secret: new Secret('an older one') })
    const before = await stage.stored(own)
    expect(before.grant).toMatchObject({ issuedTo: clientName(ACME, id) })
    const client = { id, secret: new Secret(secret) }
    await updateConnection(stage.ports, OPERATOR, own, { client })
    const after = await refreshNow(stage.ports, OPERATOR, own)
    expect(after).toMatchObject({ status: 'active', grant: { issuedTo: `acme/${id}` } })
  })
})

describe('any number of own clients', () => {
  test('thousands of own clients keep only open circuits in memory', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { clock, policy } = { clock: stage.clock, policy: stage.ports.policy }
    const lanes = new Lanes(clock, policy, [closedCircuit(ACME, 'acme/configured')])
    for (let index = 0; index < 5_000; index++) {
      const open = { reason: 'misconfigured', since: 0, until: clock.now() + 1_000 } as const
      lanes.turn({ provider: ACME, client: `own:${index}:acme/c`, failures: 5, open })
      clock.pass(1_000)
    }
    const left = lanes.circuits()
    expect(left.length).toBeLessThan(100)
    expect(left.filter(({ client }) => !isOwnClientKey(client))).toHaveLength(1)
  })

  test('thousands of own clients keep only used lanes in memory', () => {
    const idle = new Set<number>()
    const map = new PrunedMap<number, number>((value) => idle.has(value))
    for (let index = 0; index < 5_000; index++) {
      map.set(index, index)
      if (index > 0) idle.add(index)
    }
    expect(map.values().length).toBeLessThan(100)
    expect(map.get(0)).toBe(0)
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
