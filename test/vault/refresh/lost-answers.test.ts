import { describe, expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { tokenRequests } from './refresh-stage.ts'

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
