import { describe, expect, test } from 'vitest'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

const MINUTE = 60_000

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
