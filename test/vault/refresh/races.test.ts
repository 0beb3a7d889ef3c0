import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { importTokens } from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { showLink } from '../../../src/vault/connect/show-link.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { withdrawLink } from '../../../src/vault/connect/withdraw-link.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import { inTheAir } from '../running-refresh.ts'
import { observeStage } from '../../support/observe-stage.ts'
import { expectNoViolation } from '../../scripted-provider/checker/check.ts'
import type { FamilyId } from '../../scripted-provider/ledger.ts'
import type { Deed } from '../../scripted-provider/misbehaviour.ts'
import type { ProfileName } from '../../scripted-provider/profiles.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { ON_POSTGRES } from '../../support/on-postgres.ts'

const HOUR_MS = 3_600_000

/** How the running refresh ends. */
const OUTCOMES: readonly (readonly [string, ProfileName, Deed | null])[] = [
  ['with a rotation', 'strict', null],
  ['without a rotation', 'plain', null],
  ['with invalid_grant', 'strict', { act: 'refuse', error: 'invalid_grant', status: 400 }],
  ['with an answer that is lost', 'strict', { act: 'cut', after: 'processing', ending: 'reset' }],
]

type Racer = (stage: Stage, adopted: Awaited<ReturnType<Stage['adopt']>>) => Promise<FamilyId>

/** What happens during the refresh, and which grant remains. */
const RACERS: readonly (readonly [string, Racer])[] = [
  [
    'a reconnect',
    async (stage, { connection, account }) => {
      await stage.provider.setAccount(account)
      await reconnect(stage, connection)
      const { families } = await stage.provider.truth()
      return families.at(-1)?.id ?? 'f0'
    },
  ],
  [
    'an import',
    async (stage, { connection, account }) => {
      const [newer] = await stage.provider.mintGrants(1, { account })
      await importTokens(stage.ports, OPERATOR, {
        ...NOTHING,
        userId: connection.userId,
        provider: ACME,
        refreshToken: new Secret(newer?.refreshToken ?? ''),
      })
      return newer?.family ?? 'f0'
    },
  ],
  [
    'a PATCH with fresh credentials',
    async (stage, { connection, account }) => {
      const [newer] = await stage.provider.mintGrants(1, { account })
      const refreshToken = new Secret(newer?.refreshToken ?? '')
      await updateConnection(stage.ports, OPERATOR, connection.id, { refreshToken })
      return newer?.family ?? 'f0'
    },
  ],
]

describe.each(RACERS)('%s during a refresh', (_, race) => {
  test.each(OUTCOMES)(
    'a refresh that ends %s does not change a newer grant',
    async (_outcome, profile, deed) => {
      await using stage = await openStage({ profile })
      const adopted = await stage.adopt({ demand: { userId: 'user-1' as UserId } })
      const flight = await inTheAir(stage, adopted, deed)
      const family = await race(stage, adopted)
      await stage.provider.behave(flight.held)
      await flight.landed

      const { connection } = adopted
      const after = await stage.stored(connection.id)
      expect(after).toMatchObject({ status: 'active', failure: null, attempt: null })
      expect(after.grant.id).not.toBe(connection.grant.id)
      const truth = await stage.provider.family(family)
      expect(after.grant.refreshToken?.open().expose()).toBe(truth.current)
      expect(truth.revoked).toBeNull()
      await expectForgotten(stage, adopted, profile, deed)
      // The connection can still be refreshed.
      expect((await refresh(stage.ports, after, 'forced')).kind).toBe('refreshed')
    },
  )
})

describe('a deletion during a refresh', () => {
  test.each(OUTCOMES)(
    'a refresh that ends %s does not restore a deleted connection',
    async (_outcome, profile, deed) => {
      await using stage = await openStage({ profile })
      const adopted = await stage.adopt()
      const flight = await inTheAir(stage, adopted, deed)
      await deleteConnection(stage.ports, OPERATOR, { id: adopted.connection.id }, { revoke: true })
      const at = stage.provider.now()
      await stage.provider.behave(flight.held)
      await flight.landed
      expect(await stage.ports.store.connection(adopted.connection.id)).toBeNull()
      await deliverRevocations(stage.ports)
      expect((await stage.provider.family(adopted.family)).revoked).not.toBeNull()
      await stage.pass(HOUR_MS)
      await stage.refreshDue()
      const deletions = [{ family: adopted.family, at, revokes: true }]
      const seen = { ...(await observeStage(stage, [adopted])), deletions }
      // A lost answer is still replayed, because the new tokens have to be revoked.
      expectNoViolation(await stage.provider.truth(), seen, { onItsWayMs: 2_000 })
    },
  )
})

test('a deletion during a refresh revokes the tokens from the refresh', async () => {
  await using stage = await openStage({ revocationReach: 'token' })
  const adopted = await stage.adopt()
  const { family, connection } = adopted
  const flight = await inTheAir(stage, adopted, null)
  await deleteConnection(stage.ports, OPERATOR, { id: connection.id }, { revoke: true })
  await stage.provider.behave(flight.held)
  expect((await flight.landed).kind).toBe('gone')
  await deliverRevocations(stage.ports)
  const { refreshTokens } = await stage.provider.family(family)
  expect(refreshTokens.map(({ ordinal }) => ordinal)).toEqual([0, 1])
  const told = await stage.provider.requests({ endpoint: 'revoke', family })
  expect(told.map(({ presented }) => presented)).toContainEqual(
    expect.objectContaining({ kind: 'refresh', ordinal: 1, standing: 'current' }),
  )
})

// In PostgreSQL, either of the two may be committed first.
test.skipIf(ON_POSTGRES)(
  'a withdrawal during a confirmation does not change a completed link',
  async () => {
    await using stage = await openStage()
    const demand = { confirm: 'app', redirectUrl: 'https://app.example.com/oauth' } as const
    const { link, end } = await walkConsent(stage, demand)
    const completion =
      end.kind === 'redirect' ? new URL(end.url).searchParams.get('completion') : ''
    const { userId } = link.request
    const [confirmed] = await Promise.all([
      confirmLink(stage.ports, OPERATOR, link.id, { userId, completion: completion ?? '' }),
      withdrawLink(stage.ports, OPERATOR, link.id),
    ])
    expect(confirmed.status).toBe('active')
    expect((await showLink(stage.ports, OPERATOR, link.id)).state.status).toBe('completed')
  },
)

describe('an edit during a refresh', () => {
  test.each(OUTCOMES)(
    'a refresh that ends %s and a simultaneous edit of the connection do not undo each other',
    async (_outcome, profile, deed) => {
      await using stage = await openStage({ profile })
      const adopted = await stage.adopt()
      const flight = await inTheAir(stage, adopted, deed)
      await updateConnection(stage.ports, OPERATOR, adopted.connection.id, {
        label: 'work',
        metadata: { a: 1 },
      })
      await stage.provider.behave(flight.held)
      await flight.landed
      const after = await stage.stored(adopted.connection.id)
      expect(after).toMatchObject({ label: 'work', metadata: { a: 1 } })
      if (deed === null) expect(after.grant.generation).toBe(2)
    },
  )
})

async function reconnect(stage: Stage, { id, userId }: LiveConnection): Promise<void> {
  await walkConsent(stage, { userId, connectionId: id })
}

/** Checks that a rotation of the replaced grant was revoked. */
async function expectForgotten(
  stage: Stage,
  { family }: { readonly family: FamilyId },
  profile: ProfileName,
  deed: Deed | null,
): Promise<void> {
  await deliverRevocations(stage.ports)
  if (deed === null && profile === 'strict') {
    expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
  }
}
