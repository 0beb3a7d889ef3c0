import { describe, expect, test } from 'vitest'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

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
