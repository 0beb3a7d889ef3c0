import { describe, expect, test } from 'vitest'
import { type LiveConnection, UNKNOWN_OWNER } from '../../../src/core/connection/connection.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import { type TokenImport, draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import {
  ACCOUNT,
  connectTwo,
  demandFor,
  importMinted,
  HOUR,
  NAMELESS,
  NO_ID,
  openSiblingStage,
  OTHER,
  refreshTokenOf,
  settle,
  storedAll,
} from '../siblings-stage.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const USER = 'user-3' as UserId
const VICTIM = 'user-1' as UserId

describe("the proof of a grant's owner", () => {
  test('a consent and a refresh store the owner that the provider names', async () => {
    await using stage = await openStage()
    await stage.provider.setAccount(ACCOUNT)
    await walkConsent(stage, { userId: VICTIM })
    const [consented] = await stage.ports.store.connectionsOf(VICTIM, ACME)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection: imported } = await importMinted(stage, minted, {})
    const proven = { is: 'proven', accountId: ACCOUNT.id }
    expect(consented).toMatchObject({ grant: { owner: proven } })
    expect(imported).toMatchObject({ grant: { owner: { is: 'unproven' } } })
    await refresh(stage.ports, imported, 'forced')
    expect(await stage.stored(imported.id)).toMatchObject({ grant: { owner: proven } })
  })

  test('the owner is unproven after an import of only an access token, and no sibling gets the token', async () => {
    await using stage = await openSiblingStage()
    const [first, second] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    await updateConnection(stage.ports, OPERATOR, second?.id ?? NO_ID, {
      accessToken: new Secret(minted?.accessToken ?? ''),
      expiresAt: stage.clock.now() + HOUR,
    })
    expect(await stage.stored(second?.id ?? NO_ID)).toMatchObject({
      grant: { owner: { is: 'unproven' } },
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })

  test('a refresh looks up the owner of a row from an earlier version', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    await forget(stage, connections)
    await refresh(stage.ports, await stage.stored(connections[1]?.id ?? NO_ID), 'forced')
    const [a, b] = await storedAll(stage, connections)
    expect(refreshTokenOf(a)).toBe(refreshTokenOf(b))
    expect(a).toMatchObject({ grant: { owner: { is: 'proven', accountId: ACCOUNT.id } } })
  })

  test('a row from an earlier version gets a shared grant only after its owner is proven', async () => {
    await using stage = await openSiblingStage()
    const [first, second] = await connectTwo(stage)
    await forget(stage, [first as LiveConnection])
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    await importMinted(stage, minted, {})
    const [a, b] = await storedAll(stage, [first as LiveConnection, second as LiveConnection])
    expect(refreshTokenOf(a)).toBe(refreshTokenOf(first))
    expect(refreshTokenOf(b)).not.toBe(refreshTokenOf(first))
  })

  test('a refresh token that is added to an imported access token must be of the same account', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await importMinted(stage, minted, { refreshToken: null })
    const [forged] = await stage.provider.mintGrants(1, { account: OTHER })
    const change = (refreshToken: string | undefined) =>
      updateConnection(stage.ports, OPERATOR, connection.id, {
        refreshToken: new Secret(refreshToken ?? ''),
      })
    await expect(change(forged?.refreshToken)).rejects.toMatchObject({ code: 'account_mismatch' })
    await change(minted?.refreshToken)
    expect(refreshTokenOf(await stage.stored(connection.id))).toBe(
      refreshTokenOf(await stage.stored(first?.id ?? NO_ID)),
    )
  })
})

describe('an access token whose account the provider does not name', () => {
  test('an access token without a named account creates its own connection', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    const [a, b] = await stage.provider.mintGrants(2)
    const { connection: first } = await importMinted(stage, a, {})
    const { connection: second } = await importMinted(stage, b, { refreshToken: null })
    expect(second.id).not.toBe(first.id)
    expect(second.grant.refreshToken).toBeNull()
    expect((await stage.stored(first.id)).grant).toEqual(first.grant)
  })

  test('a consent without a named account does not keep the stored refresh token', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    await walkConsent(stage, { userId: USER })
    await stage.provider.misbehave(
      { act: 'edit', unset: ['refresh_token'] },
      { grantType: 'authorization_code' },
    )
    await walkConsent(stage, { userId: USER })
    const all = (await stage.ports.store.connectionsOf(USER, ACME)) as readonly LiveConnection[]
    expect(all.map(({ grant }) => grant.refreshToken !== null)).toEqual([true, false])
  })

  test('a reconnect without an account and without a refresh token keeps no stored refresh token', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    await walkConsent(stage, { userId: USER })
    const [first] = await stage.ports.store.connectionsOf(USER, ACME)
    await stage.provider.misbehave(
      { act: 'edit', unset: ['refresh_token'] },
      { grantType: 'authorization_code' },
    )
    await walkConsent(stage, { userId: USER, connectionId: first?.id ?? NO_ID })
    const all = (await stage.ports.store.connectionsOf(USER, ACME)) as readonly LiveConnection[]
    expect(all.map(({ id, grant }) => [id, grant.refreshToken])).toEqual([[first?.id, null]])
  })

  test.each([
    ['PATCH', null],
    ['PATCH to a connection that the app has named', 'acc-9'],
  ])(
    'an access token without a named account does not get the stored refresh token by a %s, and the grant stays',
    async (_, accountId) => {
      await using stage = await openStage()
      await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
      const [a, b] = await stage.provider.mintGrants(2)
      const { connection } = await importMinted(stage, a, { accountId })
      const accessToken = new Secret(b?.accessToken ?? '')
      await expect(
        updateConnection(stage.ports, OPERATOR, connection.id, {
          accessToken,
          expiresAt: stage.clock.now() + HOUR,
        }),
      ).rejects.toMatchObject({
        code: 'invalid_request',
        extras: { errors: [{ name: 'refreshToken' }] },
      })
      expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
      expect(await stage.ports.store.draftsOf(connection.userId)).toEqual([])
    },
  )

  test('an import of another account’s access token does not receive the stored refresh token', async () => {
    await using stage = await openStage()
    const [a] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const [b] = await stage.provider.mintGrants(1, { account: OTHER })
    const { connection } = await importMinted(stage, a, {})
    const demand: Partial<TokenImport> = { refreshToken: null, accountId: ACCOUNT.id }
    await expect(importMinted(stage, b, demand)).rejects.toMatchObject({ code: 'account_mismatch' })
    const line = () => draftFromTokens(stage.ports, OPERATOR, demandFor(stage, b, demand))
    const [result] = await importBatch(stage.ports, [line], 'unverified')
    expect(result).toMatchObject({ kind: 'accepted' })
    stage.clock.pass(2 * 60_000)
    await settle(stage)
    expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
  })
})

/** Stores the grants as a version did that did not know the proof. */
async function forget(stage: Stage, connections: readonly LiveConnection[]): Promise<void> {
  for (const { id } of connections) {
    const before = await stage.stored(id)
    if (before.grant.kind !== 'oauth') throw new Error('not a grant of tokens')
    const after = { ...before, grant: { ...before.grant, owner: UNKNOWN_OWNER } }
    await stage.ports.store.write((trx) => trx.saveConnection(before, after))
  }
}
