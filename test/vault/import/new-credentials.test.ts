import { describe, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { type Changes, updateConnection } from '../../../src/vault/import/update-connection.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { secret, all } from './import-stage.ts'

describe('new credentials for a connection', () => {
  test('new credentials reconnect a disconnected connection under the same id', async () => {
    await using stage = await openStage()
    const { connection, account, family } = await stage.adopt()
    await stage.provider.revokeGrant(family)
    await refreshNow(stage.ports, OPERATOR, connection.id).catch(() => null)
    expect((await stage.stored(connection.id)).status).toBe('disconnected')
    const [newer] = await stage.provider.mintGrants(1, { account })
    const changed = await updateConnection(stage.ports, OPERATOR, connection.id, {
      refreshToken: new Secret(newer?.refreshToken ?? ''),
    })
    expect(changed).toMatchObject({ id: connection.id, status: 'active', failure: null })
    const types = (await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })).map(
      ({ type }) => type,
    )
    expect(types).toEqual([
      'connection.created',
      'connection.disconnected',
      'connection.reconnected',
    ])
  })

  test('new credentials of another account are refused, and the old credentials stay', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const [other] = await stage.provider.mintGrants(1)
    const change = updateConnection(stage.ports, OPERATOR, connection.id, {
      refreshToken: secret(other?.refreshToken),
    })
    await expect(change).rejects.toMatchObject({ code: 'account_mismatch' })
    expect((await stage.stored(connection.id)).grant).toMatchObject({
      id: connection.grant.id,
      generation: 1,
    })
    expect(await all(stage)).toHaveLength(1)
  })

  test('dead new credentials are refused, and the old credentials stay', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const change = updateConnection(stage.ports, OPERATOR, connection.id, {
      refreshToken: new Secret('never issued'),
    })
    await expect(change).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_grant' },
    })
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
  })

  test('a PATCH changes label and metadata only if its credentials are accepted', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt()
    await update(stage, connection.id, { label: 'old', metadata: { old: true } })
    const before = await stage.stored(connection.id)
    const [other, newer] = [
      ...(await stage.provider.mintGrants(1)),
      ...(await stage.provider.mintGrants(1, { account })),
    ]
    const described = { label: null, metadata: {} }
    for (const refreshToken of [new Secret('never issued'), secret(other?.refreshToken)]) {
      const change = update(stage, connection.id, { ...described, refreshToken })
      await expect(change).rejects.toThrow()
      expect(await stage.stored(connection.id)).toEqual(before)
    }
    const refreshToken = secret(newer?.refreshToken)
    const changed = await update(stage, connection.id, { ...described, refreshToken })
    expect(changed).toMatchObject({ id: connection.id, ...described })
  })

  test('label and metadata can be changed alone; a change of scope, expiry or client needs tokens', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const { id } = connection
    expect(await update(stage, id, { label: 'work', metadata: { a: 1 } })).toMatchObject({
      label: 'work',
      metadata: { a: 1 },
    })
    expect(await update(stage, id, { label: null })).toMatchObject({
      label: null,
      metadata: { a: 1 },
    })
    await expect(
      update(stage, id, { scope: ['x'], expiresAt: 1, client: { id: 'c', secret: null } }),
    ).rejects.toMatchObject({
      extras: { errors: [{ name: 'scope' }, { name: 'expiresAt' }, { name: 'client' }] },
    })
  })
})

function update(stage: Stage, id: ConnectionId, changes: Changes) {
  return updateConnection(stage.ports, OPERATOR, id, changes)
}
