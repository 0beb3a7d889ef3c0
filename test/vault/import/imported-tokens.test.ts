import { describe, expect, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { importWith, secret, all } from './import-stage.ts'

const HOUR = 3_600_000

describe('imported tokens', () => {
  test('an import with a live access token looks up the account, and does not refresh', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const { connection, change } = await importWith(stage, {
      accessToken: secret(minted?.accessToken),
      refreshToken: secret(minted?.refreshToken),
      expiresAt: stage.clock.now() + HOUR,
    })
    expect(change).toBe('created')
    expect(connection).toMatchObject({
      status: 'active',
      account: { id: minted?.account.id, email: minted?.account.email },
    })
    expect(await requests(stage, 'token')).toBe(0)
    expect(await requests(stage, 'userinfo')).toBe(1)
  })

  test('an import without an access token is proven by a refresh at once', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const { connection } = await importWith(stage, { refreshToken: secret(minted?.refreshToken) })
    expect(connection).toMatchObject({ status: 'active', account: { id: minted?.account.id } })
    expect(connection.grant.generation).toBe(2)
  })

  test('an import of dead tokens leaves no connection or draft behind', async () => {
    await using stage = await openStage()
    await expect(
      importWith(stage, { refreshToken: new Secret('never issued') }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_grant' },
    })
    expect(await all(stage)).toEqual([])
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
  })

  test('an import of an expired access token says that the token expired, not that the provider refused it', async () => {
    await using stage = await openStage()
    const over = { accessToken: new Secret('once'), expiresAt: stage.clock.now() - 1 }
    await expect(importWith(stage, over)).rejects.toMatchObject({
      message: 'the access token has expired, and there is no refresh token',
      extras: { reason: 'invalid_grant' },
    })
    expect(await requests(stage, 'token')).toBe(0)
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
  })

  test('an import whose first refresh got no answer is failing, and recovers later', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const [minted] = await stage.provider.mintGrants(1)
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    const { connection, change } = await importWith(stage, {
      refreshToken: secret(minted?.refreshToken),
    })
    expect(change).toBe('created')
    expect(connection).toMatchObject({
      status: 'failing',
      failure: { reason: 'provider_unavailable' },
    })
    expect((await all(stage)).map(({ id }) => id)).toEqual([connection.id])
    await stage.provider.behave(down)
    stage.clock.pass(60_000)
    await refreshDue(stage.ports)
    await until('it to heal', async () => (await stage.stored(connection.id)).status === 'active')
  })

  test('a repeated import of the same tokens changes nothing, even if the tokens have been used since', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const demand = { refreshToken: secret(minted?.refreshToken) }
    const first = await importWith(stage, demand)
    const again = await importWith(stage, demand)
    expect(again).toMatchObject({
      change: 'unchanged',
      connection: { id: first.connection.id, grant: { generation: 2 } },
    })
    expect((await stage.provider.family(minted?.family ?? 'f0')).revoked).toBeNull()
  })

  test('a repeated import of tokens that replaced a grant changes nothing, even if the tokens have been used since', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const { userId } = connection
    const demand = { userId, refreshToken: secret(newer?.refreshToken) }
    expect(await importWith(stage, demand)).toMatchObject({ change: 'reconnected' })
    await refreshNow(stage.ports, OPERATOR, connection.id)
    const { grant } = await stage.stored(connection.id)
    expect(await importWith(stage, demand)).toMatchObject({
      change: 'unchanged',
      connection: { grant },
    })
    expect((await stage.provider.family(newer?.family ?? 'f0')).revoked).toBeNull()
  })

  test('an import of another user’s refresh token is refused, and names the connection', async () => {
    await using stage = await openStage()
    const { connection, refreshToken } = await stage.adopt()
    await expect(
      importWith(stage, {
        userId: 'somebody-else' as UserId,
        refreshToken: new Secret(refreshToken),
      }),
    ).rejects.toMatchObject({
      code: 'conflict',
      extras: { connectionId: connection.id },
    })
  })

  test('an import for a connected account replaces its grant under the same id', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const replaced = await importWith(stage, {
      userId: connection.userId,
      refreshToken: secret(newer?.refreshToken),
      label: 'work',
    })
    expect(replaced).toMatchObject({
      change: 'reconnected',
      connection: { id: connection.id, label: 'work' },
    })
    expect((await stage.stored(connection.id)).grant.refreshToken?.open().expose()).toBe(
      (await stage.provider.family(newer?.family ?? 'f0')).current,
    )
    expect(await all(stage)).toHaveLength(1)
  })

  test('an import of only an access token keeps the stored refresh token', async () => {
    await using stage = await openStage()
    const { connection, account, refreshToken } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const accessToken = secret(newer?.accessToken)
    const expiresAt = stage.clock.now() + HOUR
    const changed = await updateConnection(stage.ports, OPERATOR, connection.id, {
      accessToken,
      expiresAt,
    })
    expect(changed).toMatchObject({ id: connection.id, status: 'active' })
    const { grant, dueAt } = await stage.stored(connection.id)
    expect(grant.token?.secret.expose()).toBe(newer?.accessToken)
    expect(grant.refreshToken?.open().expose()).toBe(refreshToken)
    expect(dueAt).toBeLessThan(expiresAt)
    const refreshed = await refreshNow(stage.ports, OPERATOR, connection.id)
    expect(refreshed.status).toBe('active')
  })

  test('an import keeps a short token lifetime as the app states it', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const { connection } = await importWith(stage, {
      accessToken: secret(minted?.accessToken),
      expiresAt: stage.clock.now() + 30_000,
      accountId: 'a',
    })
    expect(connection.grant.token?.issuedAt).toBeLessThan(stage.clock.now() - HOUR / 2)
  })
})

async function requests(stage: Stage, endpoint: 'token' | 'userinfo'): Promise<number> {
  return (await stage.provider.requests({ endpoint })).length
}
