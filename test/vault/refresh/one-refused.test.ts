import { expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import type { Misbehaviour } from '../../scripted-provider/misbehaviour.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

// A fault of one connection that is reported in the words of a fault of the client.

const MINUTE = 60_000

const SHOP = { description: 'the shop', pattern: '[a-z]+', setBy: 'anyone', default: 'ours' }
const OF_A_SHOP = {
  profile: 'plain',
  provider: (endpoints: { readonly token: string }) => ({
    tokenEndpoint: `${endpoints.token}?shop={shop}`,
    params: { shop: SHOP },
  }),
} as const

test.each<[string, Misbehaviour]>([
  ['404', { act: 'answer', status: 404, body: 'html' }],
  ['405', { act: 'answer', status: 405, body: 'empty' }],
  ['a redirect', { act: 'answer', status: 302, body: 'empty', headers: { location: '/closed' } }],
  ['unauthorized_client', { act: 'refuse', error: 'unauthorized_client' }],
])(
  "an answer with %s at an address from the connection's own parameter makes only that connection failing",
  async (_, deed) => {
    await using stage = await openStage(OF_A_SHOP)
    const gone = await stage.adopt({ accessTokenSeconds: 60, demand: { params: { shop: 'gone' } } })
    const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
    await stage.provider.misbehave(deed, { family: gone.family })
    stage.clock.pass(2 * MINUTE)
    await refresh(stage.ports, gone.connection, 'scheduled')

    expect(await stage.stored(gone.connection.id)).toMatchObject({
      status: 'failing',
      failure: { reason: 'provider_misconfigured' },
    })
    await expect(read(stage, gone.connection)).rejects.toMatchObject({
      code: 'provider_misconfigured',
    })
    expect(stage.ports.traffic.circuits()).toMatchObject([{ open: null }])
    expect((await read(stage, connection)).connection.grant.generation).toBe(2)
  },
)

test('a 404 at the address of all connections opens the circuit, even for a connection with a parameter', async () => {
  await using stage = await openStage(OF_A_SHOP)
  const { connection } = await stage.adopt({ demand: { params: { shop: 'ours' } } })
  await stage.provider.misbehave({ act: 'answer', status: 404, body: 'html' })
  await refresh(stage.ports, connection, 'scheduled')
  expect((await stage.stored(connection.id)).status).toBe('active')
  expect(stage.ports.traffic.circuits()).toMatchObject([{ open: { reason: 'misconfigured' } }])
})

test('a client that is refused for only one connection delays no other connection', async () => {
  await using stage = await openStage({ profile: 'plain' })
  const poisoned = await stage.adopt({ accessTokenSeconds: 60 })
  const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
  const refusal = { act: 'refuse', error: 'unauthorized_client' } as const
  await stage.provider.misbehave(refusal, { family: poisoned.family })
  stage.clock.pass(2 * MINUTE)
  await refresh(stage.ports, poisoned.connection, 'scheduled')
  expect((await stage.stored(poisoned.connection.id)).status).toBe('active')

  stage.clock.pass(MINUTE)
  await refreshDue(stage.ports)
  await until('the other to be refreshed', async () => {
    const { grant } = await stage.stored(connection.id)
    return grant.generation === 2
  })
  const sent = await stage.provider.requests({ family: poisoned.family })
  await expect(read(stage, poisoned.connection)).rejects.toMatchObject({
    code: 'provider_misconfigured',
  })
  await refreshDue(stage.ports)
  expect(await stage.provider.requests({ family: poisoned.family })).toEqual(sent)
  expect(stage.ports.traffic.circuits()).toMatchObject([{ open: null }])

  await stage.provider.behave()
  stage.clock.pass(11 * MINUTE)
  expect((await read(stage, poisoned.connection)).connection.grant.generation).toBe(2)
})

function read(stage: Stage, { id }: LiveConnection) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 0, rejected: null })
}
