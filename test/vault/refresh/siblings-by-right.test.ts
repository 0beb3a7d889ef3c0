import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import { type TokenImport, draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { promoteDraft } from '../../../src/vault/import/promote-draft.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import {
  ACCOUNT,
  connectTwo,
  demandFor,
  importMinted,
  type Minted,
  NAMELESS,
  NO_ID,
  openSiblingStage,
  OTHER,
  REFUSAL,
  refreshTokenOf,
  settle,
  storeDraft,
  storedAll,
} from '../siblings-stage.ts'
import { until } from '../../support/until.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import { ACME, OPERATOR, type Stage } from '../../support/vault-stage.ts'

describe('siblings need a proof of the account', () => {
  test('an import is refused and joins no siblings if its account is not the one that the app names', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [other] = await stage.provider.mintGrants(1)
    await expect(importMinted(stage, other, { accountId: ACCOUNT.id })).rejects.toMatchObject({
      code: 'account_mismatch',
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
    const of = await stage.ports.store.connectionsOf('user-3' as UserId, null)
    expect(of).toEqual([])
  })

  test.each([
    ['whose account the provider does not name', { accountId: ACCOUNT.id }],
    ['that are not proven', { accountId: ACCOUNT.id, accessToken: null }],
  ])('imported tokens %s do not join the siblings of an account', async (_, demand) => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const away = { act: 'answer', status: 503, body: 'html' } as const
    await stage.provider.misbehave(away, { endpoint: 'userinfo' })
    await stage.provider.misbehave(away, { endpoint: 'token' })
    const { connection } = await importMinted(stage, minted, demand)
    expect(connection.account.id).toBeNull()
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
    await stage.provider.behave()
    await stage.provider.misbehave(away, { endpoint: 'userinfo' })
    await refresh(stage.ports, connection, 'forced')
    const of = async (id: LiveConnection['id']) => refreshTokenOf(await stage.stored(id))
    expect(await of(connection.id)).not.toBe(await of(first?.id ?? NO_ID))
    // Once the provider names their account, they join.
    await stage.provider.behave()
    await refresh(stage.ports, await stage.stored(connection.id), 'forced')
    expect(await of(connection.id)).toBe(await of(first?.id ?? NO_ID))
  })

  test('a PATCH with tokens whose account the provider does not name leaves the siblings unchanged', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1)
    await stage.provider.misbehave(
      { act: 'answer', status: 503, body: 'html' },
      { endpoint: 'userinfo' },
    )
    const changes = {
      accessToken: new Secret(minted?.accessToken ?? ''),
      refreshToken: new Secret(minted?.refreshToken ?? ''),
    }
    await expect(
      updateConnection(stage.ports, OPERATOR, first?.id ?? NO_ID, changes),
    ).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })

  test("a dead refresh token does not replace the siblings' grant", async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    await stage.provider.misbehave(REFUSAL, { next: 1 })
    await expect(importMinted(stage, minted, {})).rejects.toMatchObject({
      extras: { reason: 'invalid_grant' },
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })

  test('a batch item joins the siblings only after the provider has named its account', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const [forged] = await stage.provider.mintGrants(1)
    const line = (tokens: Minted, demand: Partial<TokenImport>) => () =>
      draftFromTokens(stage.ports, OPERATOR, demandFor(stage, tokens, demand))
    const accountId = ACCOUNT.id
    const results = await importBatch(
      stage.ports,
      [
        line(minted, { accountId }),
        line(forged, { accountId, userId: 'user-4' as UserId }),
        line(forged, { accountId, userId: 'user-5' as UserId, refreshToken: null }),
      ],
      'unverified',
    )
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'refused'])
    await settle(stage)
    const of = (userId: string) => stage.ports.store.connectionsOf(userId as UserId, ACME)
    await until('the first to be taken over', async () => (await of('user-3')).length === 1)
    const [first, second] = await storedAll(stage, connections)
    expect(refreshTokenOf(first)).toBe(
      (await stage.provider.family(minted?.family ?? 'f0')).current,
    )
    expect(refreshTokenOf(second)).toBe(refreshTokenOf(first))
    expect(await of('user-4')).toEqual([])
    expect(await of('user-5')).toEqual([])
  })

  test('a connection without a refresh token does not get the refresh token of its siblings', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await importMinted(stage, minted, { refreshToken: null })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
    const result = await refresh(stage.ports, connection, 'forced')
    expect(result).toMatchObject({ kind: 'ended', connection: { id: connection.id } })
    await refresh(stage.ports, await stage.stored(first?.id ?? NO_ID), 'forced')
    expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
  })

  test('a consent without a refresh token and its siblings leave each other unchanged', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const consented = await consentWithoutRefreshToken(stage)
    expect(consented).toMatchObject({ grant: { owner: { is: 'proven', accountId: ACCOUNT.id } } })
    await refresh(stage.ports, await stage.stored(first?.id ?? NO_ID), 'forced')
    expect((await stage.stored(consented.id)).grant).toEqual(consented.grant)
    const refreshed = await stage.stored(first?.id ?? NO_ID)
    expect(await refresh(stage.ports, consented, 'forced')).toMatchObject({ kind: 'ended' })
    expect(await stage.stored(first?.id ?? NO_ID)).toEqual(refreshed)
  })

  test('a draft that is refreshed while its account is looked up keeps no account that only the app named', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [other] = await stage.provider.mintGrants(1, { account: OTHER })
    const draft = await storeDraft(stage, demandFor(stage, other, { accountId: ACCOUNT.id }))
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    await refresh(stage.ports, draft, 'forced')
    const { connection } = await promoteDraft(stage.ports, draft)
    expect(connection.account.id).toBeNull()
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })
})

/** The provider names the account of the consent. */
async function consentWithoutRefreshToken(stage: Stage): Promise<LiveConnection> {
  await stage.provider.setAccount(ACCOUNT)
  const unset = await stage.provider.misbehave(
    { act: 'edit', unset: ['refresh_token'] },
    { grantType: 'authorization_code' },
  )
  await walkConsent(stage, { userId: 'user-3' as UserId })
  await stage.provider.behave(unset)
  const [consented] = await stage.ports.store.connectionsOf('user-3' as UserId, ACME)
  return stage.stored(consented?.id ?? NO_ID)
}
