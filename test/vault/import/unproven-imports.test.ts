import { describe, expect, test } from 'vitest'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deleteUser } from '../../../src/vault/connections/delete-user.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { keepDraft } from '../../../src/vault/import/keep-draft.ts'
import { draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { proveDraft } from '../../../src/vault/import/prove-draft.ts'
import { promoteLeftDrafts } from '../../../src/vault/import/promote-left-drafts.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { importWith, secret, all } from './import-stage.ts'

const HOUR = 3_600_000

describe('imports that are not proven', () => {
  test('an unproven import does not replace a working grant until it is proven', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const { connection, demand } = await mintNewer(stage)
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    await expect(importWith(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
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
    await expect(importWith(stage, demand)).rejects.toMatchObject({ code: 'provider_unavailable' })
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
      await expect(importWith(stage, demand)).rejects.toMatchObject({
        code: 'provider_unavailable',
      })
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
    const { connection, demand } = await mintNewer(stage)
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    for (const _ of [1, 2]) {
      await expect(importWith(stage, demand)).rejects.toMatchObject({
        code: 'provider_unavailable',
      })
    }
    const { refreshToken } = demand
    await expect(
      updateConnection(stage.ports, OPERATOR, connection.id, { refreshToken }),
    ).rejects.toMatchObject({ code: 'conflict', extras: {} })
    await stage.provider.behave(down)
    expect(await importWith(stage, demand)).toMatchObject({
      change: 'reconnected',
      connection: { id: connection.id, draft: null, status: 'active' },
    })
    expect((await stage.stored(connection.id)).grant.id).not.toBe(connection.grant.id)
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
    const { connection, draft } = await draftOfOtherAccount(stage)
    await stage.ports.store.write((trx) => trx.insertConnection(draft))
    await promoteLeftDrafts(stage.ports)
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([connection.id])
    const told = stage.observed.filter(({ what }) => what === 'connectFailed')
    expect(told).toMatchObject([
      { about: { provider: ACME, how: 'import', code: 'account_mismatch' } },
    ])
  })

  test('an unproven import for a deleted connection is removed', async () => {
    await using stage = await openStage()
    const { connection, draft } = await draftOfOtherAccount(stage)
    await stage.ports.store.write(async (trx) => {
      await trx.insertConnection(draft)
      await trx.removeConnection(connection.id)
    })
    await expect(proveDraft(stage.ports, draft)).rejects.toMatchObject({ code: 'conflict' })
    expect(await stage.ports.store.connectionIds(null, 10)).toEqual([])
  })
})

/** Adopts a connection, and returns it with a draft for it that has tokens of another account. */
async function draftOfOtherAccount(stage: Stage) {
  const { connection } = await stage.adopt()
  const [minted] = await stage.provider.mintGrants(1)
  const { draft } = draftFromTokens(stage.ports, OPERATOR, {
    ...NOTHING,
    userId: connection.userId,
    provider: ACME,
    accessToken: secret(minted?.accessToken),
    expiresAt: stage.clock.now() + HOUR,
  })
  return { connection, draft: { ...draft, draft: { replaces: connection.id } } }
}

/** Adopts a connection, and returns it with an import of a newer grant of its account. */
async function mintNewer(stage: Stage) {
  const { connection, account } = await stage.adopt()
  const [newer] = await stage.provider.mintGrants(1, { account })
  const { userId } = connection
  const refreshToken = secret(newer?.refreshToken)
  return { connection, demand: { userId, accountId: account.id, refreshToken } }
}

/** Prepares an import of a newer grant whose proof gets no answer. */
async function handUnproven(stage: Stage, after: 'request' | 'processing') {
  const prepared = await mintNewer(stage)
  await stage.provider.misbehave({ act: 'cut', after, ending: 'reset' }, { next: 2 })
  return prepared
}
