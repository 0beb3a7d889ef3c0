import { expect, test } from 'vitest'
import { importTokens } from '../../src/vault/import/import-tokens.ts'
import { promoteLeftDrafts } from '../../src/vault/import/promote-left-drafts.ts'
import { deliverRevocations } from '../../src/vault/connections/deliver-revocations.ts'
import { refresh } from '../../src/vault/refresh/refresh.ts'
import { walkConsent } from '../support/consent-walk.ts'
import { until } from '../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { UserId } from '../../src/core/base/ids.ts'
import { losingStore } from './losing-store.ts'
import { connectTwo, HOUR, openSiblingStage, refreshTokenOf, storedAll } from './siblings-stage.ts'

// Another replica may change a row between the read and the write of one transaction.

const USER = 'user-1' as UserId
const ACCOUNT = { id: 'a-1', email: 'a@example.com', name: 'A' }

test('a reconnect whose write meets one conflict is stored by the second run of its transaction', async () => {
  await using stage = await openStage()
  const { end } = await reconnect(stage, 1)
  expect(end.kind).toBe('connected')
  const events = await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })
  expect(events.map(({ type }) => type)).toEqual(['connection.created', 'connection.reconnected'])
})

test('a reconnect whose write meets two conflicts returns conflict and revokes its own tokens', async () => {
  await using stage = await openStage()
  const { before, end } = await reconnect(stage, 2)
  expect(end).toMatchObject({ kind: 'failed', errorCode: 'conflict' })
  expect((await stage.stored(before.id)).grant.id).toBe(before.grant.id)
  await deliverRevocations(stage.ports)
  const { families } = await stage.provider.truth()
  expect(families.map(({ revoked }) => revoked !== null)).toEqual([false, true])
})

test('an import whose write meets two conflicts returns conflict, and is completed later', async () => {
  await using stage = await openStage()
  const { connection } = await stage.adopt({ account: ACCOUNT, demand: { userId: USER } })
  const ports = { ...stage.ports, store: losingStore(stage.ports.store, 2) }
  const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
  const importing = importTokens(ports, OPERATOR, {
    ...NOTHING,
    userId: USER,
    provider: ACME,
    accessToken: new Secret(minted?.accessToken ?? ''),
    refreshToken: new Secret(minted?.refreshToken ?? ''),
    expiresAt: stage.clock.now() + HOUR,
    accountId: ACCOUNT.id,
  })
  await expect(importing).rejects.toMatchObject({ code: 'conflict' })
  expect(await stage.ports.store.draftsOf(USER)).toHaveLength(1)
  await promoteLeftDrafts(stage.ports)
  expect(await stage.ports.store.draftsOf(USER)).toEqual([])
  expect(refreshTokenOf(await stage.stored(connection.id))).toBe(minted?.refreshToken)
})

test('a rotation is kept and stored later if its siblings were changed during the refresh', async () => {
  await using stage = await openSiblingStage()
  const [first, second] = await connectTwo(stage)
  if (first === undefined || second === undefined) throw new Error('not connected')
  stage.clock.pass(2 * HOUR)
  const ports = { ...stage.ports, store: losingStore(stage.ports.store, 4) }
  expect(await refresh(ports, first, 'asked')).toMatchObject({ kind: 'refreshed' })
  await until('the rotation to be written', async () => {
    return (await stage.stored(first.id)).grant.generation > first.grant.generation
  })
  const [one, two] = await storedAll(stage, [first, second])
  expect(one?.grant.generation).toBe(first.grant.generation + 1)
  expect(refreshTokenOf(one)).toBe(refreshTokenOf(two))
  expect(refreshTokenOf(one)).not.toBe(refreshTokenOf(first))
})

/** Connects an account, then reconnects it while the next `times` saves lose. */
async function reconnect(stage: Stage, times: number) {
  await stage.provider.setAccount(ACCOUNT)
  await walkConsent(stage, { userId: USER })
  const [before] = await stage.ports.store.connectionsOf(USER, ACME)
  if (before === undefined) throw new Error('not connected')
  const ports = { ...stage.ports, store: losingStore(stage.ports.store, times) }
  const { end } = await walkConsent({ ...stage, ports }, { userId: USER })
  return { before: await stage.stored(before.id), end }
}
