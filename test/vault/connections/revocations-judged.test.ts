import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deleteUser } from '../../../src/vault/connections/delete-user.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { keepDraft } from '../../../src/vault/import/keep-draft.ts'
import { importTokens, draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import type { MintedGrant } from '../../scripted-provider/commands.ts'
import { createScriptedProvider } from '../../scripted-provider/create-scripted-provider.ts'
import {
  ACME,
  NOTHING,
  openStage,
  OPERATOR,
  OTHER,
  settingsFor,
  type Stage,
} from '../../support/vault-stage.ts'

const HOUR = 3_600_000
const ACCOUNT = { id: 'a-1', email: 'a@example.com', name: 'A' }
const ONE = 'user-1' as UserId
const TWO = 'user-2' as UserId

/** A provider of which the operator's settings say nothing more. */
const UNKNOWN = { provider: { revocation: {} } }
const BY_TOKEN = { provider: { revocation: { reach: 'token' } } }

describe('deletions at a provider whose revocation may end every grant of an account', () => {
  test('a deletion revokes a grant only if no other user has a connection of the account', async () => {
    await using stage = await openStage(UNKNOWN)
    const first = await connect(stage, { userId: ONE })
    const second = await connect(stage, { userId: TWO })
    expect(await remove(stage, first)).toBe('skipped')
    expect(await remove(stage, second)).toBe('queued')
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(first.family)).revoked).toBeNull()
    expect((await stage.provider.family(second.family)).revoked).not.toBeNull()
  })

  test.each([
    ['its own account is not known', { first: null, second: 'a-1' }],
    ['the account of another connection is not known', { first: 'a-1', second: null }],
  ])('a deletion revokes no grant while %s', async (_, { first, second }) => {
    await using stage = await openStage(UNKNOWN)
    await stage.provider.misbehave(
      { act: 'answer', status: 500, body: 'empty' },
      { endpoint: 'userinfo' },
    )
    const deleted = await connect(stage, { userId: ONE, accountId: first })
    await connect(stage, { userId: TWO, accountId: second })
    expect(await remove(stage, deleted)).toBe('skipped')
  })

  test('a deletion revokes no grant while an unproven import has the account', async () => {
    await using stage = await openStage(UNKNOWN)
    const { connection } = await connect(stage, { userId: ONE })
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    // As if the process had died right after it stored the tokens.
    const newDraft = draftFromTokens(
      stage.ports,
      OPERATOR,
      demandOf(stage, minted, { userId: TWO }),
    )
    await stage.ports.store.write((trx) => keepDraft(trx, newDraft))
    expect(await remove(stage, { connection })).toBe('skipped')
  })

  test('a deletion revokes no grant while another provider id of the same client has a connection of the account', async () => {
    await using stage = await openStage(UNKNOWN)
    const first = await connect(stage, { userId: ONE })
    await connect(stage, { userId: ONE, provider: OTHER })
    expect(await remove(stage, first)).toBe('skipped')
  })

  test.each([
    ['scripted-two', 'skipped'],
    ['other-one', 'queued'],
  ])(
    'at a vendor with projects, a deletion beside a connection of the client %s returns %s',
    async (id, expected) => {
      const grantDomain = { name: 'acme', projectSeparator: '-' }
      await using stage = await openStage({ provider: { revocation: {}, grantDomain } })
      const first = await connect(stage, { userId: ONE })
      await connect(stage, { userId: TWO, client: { id, secret: new Secret('s') } })
      expect(await remove(stage, first)).toBe(expected)
    },
  )

  test('a deletion revokes a grant even if the user has a connection of another account', async () => {
    await using stage = await openStage(UNKNOWN)
    const first = await connect(stage, { userId: ONE })
    await connect(stage, { userId: TWO, accountId: 'a-2' })
    expect(await remove(stage, first)).toBe('queued')
  })

  test('the deletion of a user revokes every grant of the user, even if an account is unknown', async () => {
    await using stage = await openStage(UNKNOWN)
    await connect(stage, { userId: ONE })
    await connect(stage, { userId: ONE, provider: OTHER })
    const { connections } = await deleteUser(stage.ports, OPERATOR, ONE)
    expect(connections.map(({ revocation }) => revocation)).toEqual(['queued', 'queued'])
  })
})

describe('queued revocations that are not sent', () => {
  test.each([
    ['the account', ACCOUNT.id],
    ['an account that is not known', null],
  ])('a queued revocation is not sent if the user has connected %s again', async (_, accountId) => {
    await using stage = await openStage(UNKNOWN)
    const deleted = await connect(stage, { userId: ONE })
    expect(await remove(stage, deleted)).toBe('queued')
    await stage.provider.misbehave(
      { act: 'answer', status: 500, body: 'empty' },
      { endpoint: 'userinfo' },
    )
    await connect(stage, { userId: ONE, accountId })
    await expectSkipped(stage)
  })

  test('a failed revocation is not sent again if the user has connected the account again', async () => {
    await using stage = await openStage(UNKNOWN)
    const trouble = await stage.provider.misbehave('status-503', { endpoint: 'revoke' })
    const deleted = await connect(stage, { userId: ONE })
    await remove(stage, deleted)
    await deliverRevocations(stage.ports)
    await stage.provider.behave(trouble)
    await connect(stage, { userId: ONE })
    stage.clock.pass(HOUR)
    await expectSkipped(stage, 1)
  })

  test('a queued revocation is not sent after a restart if the user has connected the account again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-revocations-'))
    onTestFinished(() => rm(dataDir, { recursive: true }))
    const seed = 'a provider that outlives the stage'
    await using provider = await createScriptedProvider({ seed })
    const settings = { ...settingsFor(provider), revocation: {} }
    const open = () => openStage({ dataDir, seed, provider: settings })
    const minted = await provider.mintGrants(2, { account: ACCOUNT })
    {
      await using before = await open()
      const { connection } = await take(before, minted[0], { userId: ONE })
      await remove(before, { connection })
      await take(before, minted[1], { userId: ONE })
    }
    await using after = await open()
    await expectSkipped(after)
    expect(await provider.requests({ endpoint: 'revoke' })).toEqual([])
  })

  test.each([
    ['the refresh token', { accessToken: null, expiresAt: null }],
    ['both tokens', {}],
    ['the access token', { refreshToken: null }],
  ])('a queued revocation is not sent if the app imported %s again', async (_, demand) => {
    await using stage = await openStage(BY_TOKEN)
    const deleted = await connect(stage, { userId: ONE })
    expect(await remove(stage, deleted)).toBe('queued')
    const { connection } = await take(stage, deleted, { userId: TWO, ...demand })
    await expectSkipped(stage)
    expect((await stage.stored(connection.id)).status).toBe('active')
  })

  test('a queued revocation is not sent if the app imported the refresh token again and Larder has rotated it', async () => {
    await using stage = await openStage({ ...BY_TOKEN, profile: 'strict' })
    const deleted = await connect(stage, { userId: ONE })
    await remove(stage, deleted)
    const { connection } = await take(stage, deleted, { userId: TWO, accountId: 'by-another-name' })
    await refresh(stage.ports, await stage.stored(connection.id), 'forced')
    await expectSkipped(stage)
  })
})

test('a queued revocation that ends only one token is sent even if the account has a newer grant', async () => {
  await using stage = await openStage(BY_TOKEN)
  const deleted = await connect(stage, { userId: ONE })
  await remove(stage, deleted)
  const newer = await connect(stage, { userId: ONE })
  await deliverRevocations(stage.ports)
  expect((await stage.provider.family(deleted.family)).revoked).not.toBeNull()
  expect((await stage.provider.family(newer.family)).revoked).toBeNull()
})

test('a refresh token of two connections is not revoked when the first connection is deleted', async () => {
  await using stage = await openStage(BY_TOKEN)
  const first = await connect(stage, { userId: ONE })
  // Some providers return the same refresh token for every consent of an account.
  const second = await connect(stage, { userId: TWO })
  await stage.ports.store.write(async (trx) => {
    const [before, like] = [second.connection, first.connection]
    const { refreshToken } = like.grant
    if (before.grant.kind !== 'oauth') throw new Error('no tokens')
    const grant = { ...before.grant, refreshToken, generation: 2 }
    await trx.saveConnection(before, { ...before, grant })
  })
  expect(await remove(stage, first)).toBe('skipped')
})

type Demand = Parameters<Stage['adopt']>[0] extends { demand?: infer D } | undefined ? D : never

function connect(stage: Stage, demand: NonNullable<Demand>) {
  return stage.adopt({ account: ACCOUNT, demand })
}

function take(stage: Stage, minted: MintedGrant | undefined, demand: NonNullable<Demand>) {
  return importTokens(stage.ports, OPERATOR, demandOf(stage, minted, demand))
}

function demandOf(stage: Stage, minted: MintedGrant | undefined, demand: NonNullable<Demand>) {
  return {
    ...NOTHING,
    userId: ONE,
    provider: ACME,
    accessToken: new Secret(minted?.accessToken ?? ''),
    refreshToken: new Secret(minted?.refreshToken ?? ''),
    expiresAt: stage.clock.now() + HOUR,
    accountId: ACCOUNT.id,
    ...demand,
  }
}

async function remove(
  stage: Stage,
  { connection }: Pick<Awaited<ReturnType<Stage['adopt']>>, 'connection'>,
) {
  const target = { id: connection.id }
  return (await deleteConnection(stage.ports, OPERATOR, target, { revoke: true })).revocation
}

async function expectSkipped(stage: Stage, triedBefore = 0): Promise<void> {
  await deliverRevocations(stage.ports)
  expect(await stage.provider.requests({ endpoint: 'revoke' })).toHaveLength(triedBefore)
  expect((await stage.ports.store.census(stage.clock.now())).revocationsQueued).toBe(0)
  expect(stage.observed.filter(({ what }) => what === 'revocationSkipped')).toHaveLength(1)
}
