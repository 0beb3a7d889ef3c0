import { expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import { draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { ACCOUNT, demandFor, importMinted } from '../siblings-stage.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const OTHER = { id: 'a-2', email: 'b@example.com', name: 'B' }

test.each([
  ['a refresh token', { accessToken: null, expiresAt: null }],
  ['both tokens', {}],
])(
  'an import of %s replaces no connection if the account is not the one that the app names',
  async (_, demand) => {
    await using stage = await openStage()
    const connection = await connectProven(stage)
    const [foreign] = await stage.provider.mintGrants(1, { account: OTHER })
    await expect(
      importMinted(stage, foreign, { ...demand, accountId: ACCOUNT.id }),
    ).rejects.toMatchObject({
      code: 'account_mismatch',
    })
    expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
    expect(await stage.ports.store.draftsOf(connection.userId)).toEqual([])
  },
)

test('an unverified item serves no token after its first refresh if the account is not the one that the app names', async () => {
  await using stage = await openStage()
  const connection = await connectProven(stage)
  const [own] = await stage.provider.mintGrants(1, { account: ACCOUNT })
  const [foreign] = await stage.provider.mintGrants(1, { account: OTHER })
  const mixed = { accessToken: own?.accessToken ?? '', refreshToken: foreign?.refreshToken ?? '' }
  const expiresAt = stage.clock.now() + 60_000
  const demand = demandFor(stage, mixed, { accountId: ACCOUNT.id, expiresAt })
  const [line] = await importBatch(
    stage.ports,
    [() => draftFromTokens(stage.ports, OPERATOR, demand)],
    'unverified',
  )
  expect(line).toMatchObject({ kind: 'replaced', connection: { id: connection.id } })
  // The imported access token has expired, so it cannot name its account any more.
  await stage.pass(120_000)
  await refresh(stage.ports, await stage.stored(connection.id), 'forced')
  expect(await stage.stored(connection.id)).toMatchObject({
    status: 'disconnected',
    failure: { reason: 'account_mismatch' },
  })
})

test('an import replaces a connection even if the app gave a wrong account id', async () => {
  await using stage = await openStage()
  const [first, second] = await stage.provider.mintGrants(2, { account: ACCOUNT })
  const { connection } = await importMinted(stage, first, { accountId: 'not-the-id' })
  await refresh(stage.ports, connection, 'forced')
  const again = await importMinted(stage, second, { accountId: 'not-the-id' })
  expect(again).toMatchObject({ change: 'reconnected', connection: { id: connection.id } })
  expect(again.connection.account.id).toBe('not-the-id')
})

/** Connects an account and proves it by a first refresh. */
async function connectProven(stage: Stage): Promise<LiveConnection> {
  const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
  const { connection } = await importMinted(stage, minted, {})
  await refresh(stage.ports, connection, 'forced')
  return stage.stored(connection.id)
}
