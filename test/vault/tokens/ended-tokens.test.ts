import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { until } from '../../support/until.ts'
import { inTheAir } from '../running-refresh.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000
const ACCOUNT = { id: 'a-1', email: 'a@example.com', name: 'A' }

const ENDS = { provider: { refreshTokens: { endsAccessToken: true } } }

describe('at a provider whose refresh ends the previous access token', () => {
  test('a token read during a refresh waits for the new token if the refresh ends the old token', async () => {
    await using stage = await openStage(ENDS)
    const adopted = await stage.adopt()
    const old = await read(stage, adopted.connection)
    const { held, landed } = await inTheAir(stage, adopted, null)
    const reading = read(stage, adopted.connection)
    await stage.provider.behave(held)
    const { tokenId, how } = await reading
    await landed
    expect(tokenId).not.toBe(old.tokenId)
    expect([old.how, how]).toEqual(['cache', 'refresh'])
  })

  test('a token read that finds a refresh due waits for the refresh if the refresh ends the old token', async () => {
    await using stage = await openStage(ENDS)
    const { connection } = await stage.adopt()
    const old = await read(stage, connection)
    await stage.pass(50 * MINUTE)
    expect((await read(stage, connection)).tokenId).not.toBe(old.tokenId)
  })

  test('a token read returns the old token with a warning if the refresh fails', async () => {
    await using stage = await openStage(ENDS)
    const { connection } = await stage.adopt()
    const old = await read(stage, connection)
    await stage.pass(50 * MINUTE)
    await stage.provider.misbehave('status-503', { endpoint: 'token' })
    const served = await read(stage, connection)
    expect(served).toMatchObject({ tokenId: old.tokenId, warnings: ['refresh_failing'] })
  })

  test('a token read returns the old token if the provider does not answer', async () => {
    await using stage = await openStage({ ...ENDS, clockSpeed: 100 })
    const adopted = await stage.adopt()
    const old = await read(stage, adopted.connection)
    const { held, landed } = await inTheAir(stage, adopted, null)
    expect((await read(stage, adopted.connection)).tokenId).toBe(old.tokenId)
    await stage.provider.behave(held)
    await landed
  })

  test.each([0, 1])(
    'a token read of sibling %i waits for the refresh of both siblings',
    async (which) => {
      const refreshTokens = { endsAccessToken: true, endsSiblings: true }
      await using stage = await openStage({ provider: { refreshTokens } })
      const first = await stage.adopt({ account: ACCOUNT, demand: { userId: 'user-1' as UserId } })
      const second = await stage.adopt({ account: ACCOUNT, demand: { userId: 'user-2' as UserId } })
      const leader = await stage.stored(first.connection.id)
      const reader = which === 0 ? first : second
      // Both share the grant that came last.
      const { family } = second
      const old = await read(stage, reader.connection)
      const { held, landed } = await inTheAir(stage, { connection: leader, family }, null)
      const reading = read(stage, reader.connection)
      await stage.provider.behave(held)
      await landed
      expect((await reading).tokenId).not.toBe(old.tokenId)
    },
  )
})

test('a token read does not wait for a refresh that leaves the old access token valid', async () => {
  await using stage = await openStage()
  const adopted = await stage.adopt()
  const old = await read(stage, adopted.connection)
  const { held, landed } = await inTheAir(stage, adopted, null)
  expect((await read(stage, adopted.connection)).tokenId).toBe(old.tokenId)
  await stage.provider.behave(held)
  await landed
  await until('the new token', async () => {
    return (await read(stage, adopted.connection)).tokenId !== old.tokenId
  })
})

async function read(stage: Stage, { id }: Pick<LiveConnection, 'id'>) {
  const demand = { target: { id }, minTtlSeconds: 60, rejected: null }
  const { connection, warnings } = await getToken(stage.ports, OPERATOR, demand)
  const served = stage.observed.filter(({ what }) => what === 'tokenServed').at(-1)
  return { tokenId: connection.grant.token?.tokenId, warnings, how: served?.about['how'] }
}
