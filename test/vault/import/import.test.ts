import { describe, expect, test } from 'vitest'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deleteUser } from '../../../src/vault/connections/delete-user.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { keepDraft } from '../../../src/vault/import/keep-draft.ts'
import {
  importTokens,
  type TokenImport,
  draftFromTokens,
} from '../../../src/vault/import/import-tokens.ts'
import { proveDraft } from '../../../src/vault/import/prove-draft.ts'
import { promoteLeftDrafts } from '../../../src/vault/import/promote-left-drafts.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { type Changes, updateConnection } from '../../../src/vault/import/update-connection.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const HOUR = 3_600_000

describe('imported tokens', () => {
  test('an import with a live access token looks up the account, and does not refresh', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const { connection, change } = await hand(stage, {
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
    const { connection } = await hand(stage, { refreshToken: secret(minted?.refreshToken) })
    expect(connection).toMatchObject({ status: 'active', account: { id: minted?.account.id } })
    expect(connection.grant.generation).toBe(2)
  })

  test('an import of dead tokens leaves no connection or draft behind', async () => {
    await using stage = await openStage()
    await expect(hand(stage, { refreshToken: new Secret('never issued') })).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_grant' },
    })
    expect(await all(stage)).toEqual([])
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
  })

  test('an import of an expired access token says that the token expired, not that the provider refused it', async () => {
    await using stage = await openStage()
    const over = { accessToken: new Secret('once'), expiresAt: stage.clock.now() - 1 }
    await expect(hand(stage, over)).rejects.toMatchObject({
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
    const { connection, change } = await hand(stage, {
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
    const first = await hand(stage, demand)
    const again = await hand(stage, demand)
    expect(again).toMatchObject({
      change: 'unchanged',
      connection: { id: first.connection.id, grant: { generation: 2 } },
    })
    expect((await stage.provider.family(minted?.family ?? 'f0')).revoked).toBeNull()
  })

  test('an import of another user’s refresh token is refused, and names the connection', async () => {
    await using stage = await openStage()
    const { connection, refreshToken } = await stage.adopt()
    await expect(
      hand(stage, { userId: 'somebody-else' as UserId, refreshToken: new Secret(refreshToken) }),
    ).rejects.toMatchObject({
      code: 'conflict',
      extras: { connectionId: connection.id },
    })
  })

  test('an import for a connected account replaces its grant under the same id', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const replaced = await hand(stage, {
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

  test('an unproven import does not replace a working grant until it is proven', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    const demand = {
      userId: connection.userId,
      accountId: account.id,
      refreshToken: secret(newer?.refreshToken),
    }
    await expect(hand(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
    expect(await all(stage)).toHaveLength(1)

    await stage.provider.behave(down)
    stage.clock.pass(60_000)
    await until('the new grant to settle', async () => {
      await refreshDue(stage.ports)
      return (await stage.stored(connection.id)).grant.id !== connection.grant.id
    })
    expect(await all(stage)).toHaveLength(1)
  })

  test('an import whose refresh lost its answer replaces the grant when the provider repeats the answer', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const { connection, demand } = await handUnproven(stage, 'processing')
    await expect(hand(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
    stage.clock.pass(15_000)
    await until('the new grant to settle', async () => {
      await refreshDue(stage.ports)
      return (await stage.stored(connection.id)).grant.id !== connection.grant.id
    })
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([connection.id])
  })

  test.each([
    [
      'connection',
      (stage: Stage, { id }: { readonly id: ConnectionId }) =>
        deleteConnection(stage.ports, OPERATOR, { id }, { revoke: true }),
    ],
    [
      'user',
      (stage: Stage, { userId }: { readonly userId: UserId }) =>
        deleteUser(stage.ports, OPERATOR, userId),
    ],
  ] as const)(
    'an unproven import is deleted and revoked together with its %s',
    async (_, forget) => {
      await using stage = await openStage()
      const { connection, demand } = await handUnproven(stage, 'request')
      await expect(hand(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
      expect(await stage.ports.store.connectionIds(null, 10)).toHaveLength(2)
      await forget(stage, connection)
      expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
      await deliverRevocations(stage.ports)
      const { families } = await stage.provider.truth()
      expect(families.map(({ revoked }) => revoked?.cause)).toEqual([
        'revocation_endpoint',
        'revocation_endpoint',
      ])
    },
  )

  test('a repeated import refreshes an unproven import again', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    const demand = {
      userId: connection.userId,
      accountId: account.id,
      refreshToken: secret(newer?.refreshToken),
    }
    for (const _ of [1, 2]) {
      await expect(hand(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
    }
    const change = { refreshToken: secret(newer?.refreshToken) }
    await expect(
      updateConnection(stage.ports, OPERATOR, connection.id, change),
    ).rejects.toMatchObject({ code: 'conflict', extras: {} })
    await stage.provider.behave(down)
    expect(await hand(stage, demand)).toMatchObject({
      change: 'reconnected',
      connection: { id: connection.id, draft: null, status: 'active' },
    })
    expect((await stage.stored(connection.id)).grant.id).not.toBe(connection.grant.id)
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

  test('an import that a crash interrupted is completed at the next start', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const newDraft = draftFromTokens(stage.ports, OPERATOR, {
      ...NOTHING,
      userId: 'user-1' as UserId,
      provider: ACME,
      accessToken: secret(minted?.accessToken),
      expiresAt: stage.clock.now() + HOUR,
    })
    await stage.ports.store.write((trx) => keepDraft(trx, newDraft))
    expect(await all(stage)).toEqual([])
    await promoteLeftDrafts(stage.ports)
    expect(await all(stage)).toMatchObject([{ status: 'active', account: minted?.account }])
  })

  test('an unproven import is removed and logged if its proof names another account', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const [minted] = await stage.provider.mintGrants(1)
    const { draft } = draftFromTokens(stage.ports, OPERATOR, {
      ...NOTHING,
      userId: connection.userId,
      provider: ACME,
      accessToken: secret(minted?.accessToken),
      expiresAt: stage.clock.now() + HOUR,
    })
    const other = { ...draft, draft: { replaces: connection.id } }
    await stage.ports.store.write((trx) => trx.insertConnection(other))
    await promoteLeftDrafts(stage.ports)
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([connection.id])
    const told = stage.observed.filter(({ what }) => what === 'connectFailed')
    expect(told).toMatchObject([
      { about: { provider: ACME, how: 'import', code: 'account_mismatch' } },
    ])
  })

  test('an unproven import for a deleted connection is removed', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const [minted] = await stage.provider.mintGrants(1)
    const { draft } = draftFromTokens(stage.ports, OPERATOR, {
      ...NOTHING,
      userId: connection.userId,
      provider: ACME,
      accessToken: secret(minted?.accessToken),
    })
    const orphan = { ...draft, draft: { replaces: connection.id } }
    await stage.ports.store.write(async (trx) => {
      await trx.insertConnection(orphan)
      await trx.removeConnection(connection.id)
    })
    await expect(proveDraft(stage.ports, orphan)).rejects.toMatchObject({ code: 'conflict' })
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
  })

  test('an import keeps a short token lifetime as the app states it', async () => {
    await using stage = await openStage()
    const [minted] = await stage.provider.mintGrants(1)
    const { connection } = await hand(stage, {
      accessToken: secret(minted?.accessToken),
      expiresAt: stage.clock.now() + 30_000,
      accountId: 'a',
    })
    expect(connection.grant.token?.issuedAt).toBeLessThan(stage.clock.now() - HOUR / 2)
  })
})

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

function hand(stage: Stage, demand: Partial<TokenImport>) {
  return importTokens(stage.ports, OPERATOR, {
    ...NOTHING,
    userId: 'user-1' as UserId,
    provider: ACME,
    ...demand,
  })
}

/** Prepares an import of a newer grant whose proof gets no answer. */
async function handUnproven(stage: Stage, after: 'request' | 'processing') {
  const { connection, account } = await stage.adopt()
  const [newer] = await stage.provider.mintGrants(1, { account })
  const lost = { act: 'cut', after, ending: 'reset' } as const
  await stage.provider.misbehave(lost, { next: 2 })
  const { userId } = connection
  const refreshToken = secret(newer?.refreshToken)
  return { connection, demand: { userId, accountId: account.id, refreshToken } }
}

function update(stage: Stage, id: ConnectionId, changes: Changes) {
  return updateConnection(stage.ports, OPERATOR, id, changes)
}

function secret(value: string | undefined): Secret {
  return new Secret(value ?? '')
}

async function requests(stage: Stage, endpoint: 'token' | 'userinfo'): Promise<number> {
  return (await stage.provider.requests({ endpoint })).length
}

function all(stage: Stage) {
  const anything = { userId: null, provider: null, status: null, expiringBefore: null, after: null }
  return stage.ports.store.listConnections({ ...anything, limit: 100, reach: OPERATOR })
}
