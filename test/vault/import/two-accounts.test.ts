import { describe, expect, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import { importTokens, draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { promoteLeftDrafts } from '../../../src/vault/import/promote-left-drafts.ts'
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
  storeDraft,
} from '../siblings-stage.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const USER = 'user-3' as UserId

describe('an access token and a refresh token of two accounts', () => {
  test('tokens of two accounts are refused at the first refresh, and never served as one account', async () => {
    await using stage = await openStage()
    const { connection } = await importMinted(stage, await mixed(stage), {})
    expect(connection.account.id).toBe(ACCOUNT.id)
    const result = await refresh(stage.ports, connection, 'forced')
    expect(result).toMatchObject({ kind: 'failed', outcome: { kind: 'other_account' } })
    const after = await stage.stored(connection.id)
    expect(after).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'account_mismatch' },
      account: { id: ACCOUNT.id },
    })
    expect(after.grant.token?.tokenId).toBe(connection.grant.token?.tokenId)
    expect(after.grant.generation).toBe(connection.grant.generation + 1)
  })

  test.each(['unverified', 'verified'] as const)(
    'tokens of two accounts are refused as a %s item of a batch, even if the app names the account',
    async (how) => {
      await using stage = await openStage()
      const demand = demandFor(stage, await mixed(stage), { accountId: ACCOUNT.id })
      const line = () => draftFromTokens(stage.ports, OPERATOR, demand)
      const [result] = await importBatch(stage.ports, [line], how)
      const [stored] = await stage.ports.store.connectionsOf(USER, ACME)
      if (how === 'verified') {
        expect(result).toMatchObject({ kind: 'refused', error: { code: 'account_mismatch' } })
        expect(stored).toBeUndefined()
        return
      }
      await refresh(stage.ports, await stage.stored(stored?.id ?? NO_ID), 'forced')
      expect(await stage.stored(stored?.id ?? NO_ID)).toMatchObject({
        failure: { reason: 'account_mismatch' },
      })
    },
  )

  test('tokens of two accounts are refused at the first refresh of a batch item without an account', async () => {
    await using stage = await openStage()
    const tokens = demandFor(stage, await mixed(stage), {})
    await importBatch(
      stage.ports,
      [() => draftFromTokens(stage.ports, OPERATOR, tokens)],
      'unverified',
    )
    const [item] = await stage.ports.store.connectionsOf(USER, ACME)
    await refresh(stage.ports, await stage.stored(item?.id ?? NO_ID), 'forced')
    expect(await stage.stored(item?.id ?? NO_ID)).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'account_mismatch' },
    })
  })

  test.each(['import', 'line of a batch'] as const)(
    'tokens of two accounts get the account of the refresh token if the access token of the %s has expired',
    async (how) => {
      await using stage = await openStage()
      const demand = demandFor(stage, await mixed(stage), { accountId: ACCOUNT.id })
      const line = () => draftFromTokens(stage.ports, OPERATOR, demand)
      if (how === 'import') await importTokens(stage.ports, OPERATOR, demand)
      else await importBatch(stage.ports, [line], 'unverified')
      stage.clock.pass(2 * HOUR)
      const [stored] = await stage.ports.store.connectionsOf(USER, ACME)
      await refresh(stage.ports, await stage.stored(stored?.id ?? NO_ID), 'forced')
      expect(await stage.stored(stored?.id ?? NO_ID)).toMatchObject({
        status: 'active',
        account: { id: OTHER.id, email: OTHER.email },
      })
    },
  )

  test('tokens of one account keep the account id that the app gives', async () => {
    await using stage = await openStage()
    const [one] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await importMinted(stage, one, { accountId: 'named-by-the-app' })
    expect(await refresh(stage.ports, connection, 'forced')).toMatchObject({ kind: 'refreshed' })
    expect((await stage.stored(connection.id)).account.id).toBe('named-by-the-app')
  })

  test('tokens of two accounts are refused if accounts share grants, and the shared grant stays', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    await expect(
      importMinted(stage, await mixed(stage), { accountId: ACCOUNT.id }),
    ).rejects.toMatchObject({
      code: 'account_mismatch',
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
    expect(await stage.ports.store.connectionsOf(USER, null)).toEqual([])
  })

  test('tokens of two accounts are refused when the schedule proves their import after a restart', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const draft = await storeDraft(stage, demandFor(stage, await mixed(stage), {}))
    await promoteLeftDrafts(stage.ports)
    const [left] = await stage.ports.store.connectionsOf(USER, ACME)
    await refresh(stage.ports, await stage.stored(left?.id ?? draft.id), 'forced')
    expect(await stage.stored(left?.id ?? draft.id)).toMatchObject({
      failure: { reason: 'account_mismatch' },
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })

  test.each([
    ['tokens of two accounts', null, mixed],
    ['tokens of an account that the app does not name', ACCOUNT.id, ofOther],
  ])(
    'at a provider with shared grants, the first refresh of a draft refuses %s',
    async (_, accountId, mint) => {
      await using stage = await openSiblingStage()
      const draft = await storeDraft(stage, demandFor(stage, await mint(stage), { accountId }))
      expect(await refresh(stage.ports, draft, 'scheduled')).toMatchObject({
        kind: 'failed',
        outcome: { kind: 'other_account' },
      })
    },
  )

  test('tokens keep the account that the app names if the provider names none', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    const { connection } = await importMinted(stage, await mixed(stage), { accountId: ACCOUNT.id })
    expect(await refresh(stage.ports, connection, 'forced')).toMatchObject({ kind: 'refreshed' })
  })
})

async function ofOther(stage: Stage) {
  const [minted] = await stage.provider.mintGrants(1, { account: OTHER })
  return minted
}

/** The access token of `ACCOUNT` with the refresh token of another account. */
async function mixed(stage: Stage) {
  const [a] = await stage.provider.mintGrants(1, { account: ACCOUNT })
  const [b] = await stage.provider.mintGrants(1, { account: OTHER })
  return { accessToken: a?.accessToken ?? '', refreshToken: b?.refreshToken ?? '' }
}
