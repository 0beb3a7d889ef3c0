import { describe, expect, test } from 'vitest'
import { isLive } from '../../../src/core/connection/connection.ts'
import { StoreError } from '../../../src/core/base/errors.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Store } from '../../../src/ports/store.ts'
import { FileJournal } from '../../../src/store/journal.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { importTokens } from '../../../src/vault/import/import-tokens.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { replayJournal } from '../../../src/vault/refresh/replay-journal.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import { inTheAir } from '../running-refresh.ts'
import type { Deed } from '../../scripted-provider/misbehaviour.ts'
import type { ProfileName } from '../../scripted-provider/profiles.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

// The grant is replaced during its refresh by one that keeps the same refresh token.

type Adopted = Awaited<ReturnType<Stage['adopt']>>
type Racer = (stage: Stage, adopted: Adopted) => Promise<unknown>

const OUTCOMES: readonly (readonly [string, ProfileName, Deed | null])[] = [
  ['with a rotation', 'strict', null],
  ['without a rotation', 'plain', null],
  ['with invalid_grant', 'strict', { act: 'refuse', error: 'invalid_grant', status: 400 }],
  ['by a second try', 'grace', { act: 'cut', after: 'processing', ending: 'reset' }],
]

const RACERS: readonly (readonly [string, Racer])[] = [
  [
    'an import of an access token alone',
    async (stage, adopted) =>
      importTokens(stage.ports, OPERATOR, {
        ...NOTHING,
        userId: adopted.connection.userId,
        provider: ACME,
        accessToken: await otherAccessToken(stage, adopted),
        accountId: adopted.account.id,
        expiresAt: stage.clock.now() + 3_600_000,
      }),
  ],
  [
    'a PATCH with an access token alone',
    async (stage, adopted) =>
      updateConnection(stage.ports, OPERATOR, adopted.connection.id, {
        accessToken: await otherAccessToken(stage, adopted),
        expiresAt: stage.clock.now() + 3_600_000,
      }),
  ],
  [
    'a reconnect that brings no refresh token',
    async (stage, { connection: { id, userId }, account }) => {
      await stage.provider.setAccount(account)
      await stage.provider.misbehave(
        { act: 'edit', unset: ['refresh_token'] },
        { grantType: 'authorization_code' },
      )
      await walkConsent(stage, { userId, connectionId: id })
    },
  ],
]

describe.each(RACERS)('%s during a refresh', (_, race) => {
  test.each(OUTCOMES)(
    'a refresh that ends %s after its grant was replaced keeps the shared refresh token and does not revoke it',
    async (_outcome, profile, deed) => {
      await using stage = await openStage({ profile, provider: { refreshTokens: GRACE } })
      const adopted = await stage.adopt({ demand: { userId: 'user-1' as UserId } })
      const flight = await inTheAir(stage, adopted, deed, { next: 1 })
      await race(stage, adopted)
      const between = await stage.stored(adopted.connection.id)
      expect(between.grant.id).not.toBe(adopted.connection.grant.id)
      await stage.provider.behave(flight.held)
      await flight.landed
      await stage.provider.behave()

      await expectToLive(stage, adopted)
      const after = await stage.stored(adopted.connection.id)
      expect(after.grant.token?.tokenId).toBe(between.grant.token?.tokenId)
      expect(await refresh(stage.ports, after, 'forced')).toMatchObject({ kind: 'refreshed' })
      await expectToLive(stage, adopted)
    },
  )
})

test('a rotation in the journal is stored in the newer grant that kept the same refresh token', async () => {
  await using stage = await openStage({ profile: 'strict' })
  const adopted = await stage.adopt({ demand: { userId: 'user-1' as UserId } })
  const disk = { isFull: false }
  const store: Store = {
    ...stage.ports.store,
    write: async (work) => {
      if (disk.isFull) throw new StoreError('disk_full', null)
      return stage.ports.store.write(work)
    },
  }
  const flight = await inTheAir({ ...stage, ports: { ...stage.ports, store } }, adopted, null)
  await RACERS[0]?.[1](stage, adopted)
  disk.isFull = true
  await stage.provider.behave(flight.held)
  await flight.landed
  using journal = new FileJournal(stage.vault.dataDir, stage.vault.sealer)
  expect(await replayJournal({ ...stage.ports, journal })).toBe(1)
  expect(journal.entries).toEqual([])
  await expectToLive(stage, adopted)
  disk.isFull = false
})

describe('imported tokens with little lifetime left', () => {
  test('the schedule does not refresh an import while Larder looks up its account', async () => {
    await using stage = await openStage({ profile: 'strict' })
    const { adopted, patched, held } = await patchUnderWay(stage)
    stage.clock.pass(2_000)
    await refreshDue(stage.ports)
    await until('the flights to land', () => stage.ports.flights.size === 0)
    await stage.provider.behave(held)
    await patched
    await expectToLive(stage, adopted)
    // From now on it is refreshed like any other connection.
    expect(await refreshDue(stage.ports)).toBe(1)
    await until('the flights to land', () => stage.ports.flights.size === 0)
    await expectToLive(stage, adopted)
  })

  test('an import that is refreshed during its proof keeps the rotation', async () => {
    await using stage = await openStage({ profile: 'strict' })
    const { adopted, patched, held, draft } = await patchUnderWay(stage)
    const flight = await inTheAir(stage, { connection: draft, family: adopted.family }, null)
    await stage.provider.behave(held)
    await stage.provider.behave(flight.held)
    await flight.landed
    await patched
    await expectToLive(stage, adopted)
  })
})

/** Set here, so that a lost answer is replayed. */
const GRACE = { graceSeconds: 30 }

/** Starts a PATCH with tokens of a new grant that end soon, and holds the lookup of its account. */
async function patchUnderWay(stage: Stage) {
  const { connection, account } = await stage.adopt({ demand: { userId: 'user-1' as UserId } })
  const [minted] = await stage.provider.mintGrants(1, { account, accessTokenSeconds: 120 })
  if (minted === undefined) throw new Error('nothing was minted')
  const held = await stage.provider.misbehave(
    { act: 'hold', before: 'answer' },
    { endpoint: 'userinfo' },
  )
  const patched = updateConnection(stage.ports, OPERATOR, connection.id, {
    accessToken: new Secret(minted.accessToken),
    refreshToken: new Secret(minted.refreshToken),
    // Ends so soon that it is due.
    expiresAt: stage.clock.now() + 20_000,
  })
  await until('the provider to be asked', async () => {
    return (await stage.provider.requests({ endpoint: 'userinfo' })).length > 0
  })
  const [draft] = await stage.ports.store.draftsOf(connection.userId)
  if (draft === undefined || !isLive(draft)) throw new Error('there is no draft')
  return { adopted: { ...minted, connection }, patched, held, draft }
}

/** The access token of another grant of the same account. */
async function otherAccessToken(stage: Stage, { account }: Adopted): Promise<Secret> {
  const [other] = await stage.provider.mintGrants(1, { account })
  return new Secret(other?.accessToken ?? '')
}

/** Checks that the stored refresh token is the provider's current one and nothing was revoked. */
async function expectToLive(
  stage: Stage,
  { connection, family }: Pick<Adopted, 'connection' | 'family'>,
): Promise<void> {
  await deliverRevocations(stage.ports)
  const truth = await stage.provider.family(family)
  const stored = await stage.stored(connection.id)
  expect(truth.revoked).toBeNull()
  expect(stored).toMatchObject({ status: 'active', attempt: null })
  expect(stored.grant.refreshToken?.open().expose()).toBe(truth.current)
}
