import { describe, expect, test } from 'vitest'
import { VaultError } from '../../../src/core/base/errors.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

const MINUTE = 60_000

describe('a forced refresh', () => {
  test('a forced refresh without a refresh token returns reconnect_required, even while the provider throttles', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt({ demand: { refreshToken: null } })
    const { connection: other } = await stage.adopt()
    await stage.provider.misbehave({
      act: 'answer',
      status: 429,
      body: 'empty',
      headers: { 'retry-after': '600' },
    })
    const slowed = refreshNow(stage.ports, OPERATOR, other.id)
    await expect(slowed).rejects.toMatchObject({ code: 'provider_unavailable' })
    await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toMatchObject({
      code: 'reconnect_required',
      extras: { reason: 'no_refresh_token' },
    })
  })

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
