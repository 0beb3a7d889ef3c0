import { describe, expect, test } from 'vitest'
import { type LiveConnection, UNKNOWN_OWNER } from '../../../src/core/connection/connection.ts'
import type { LinkId, UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import {
  importTokens,
  type TokenImport,
  draftFromTokens,
} from '../../../src/vault/import/import-tokens.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { promoteLeftDrafts } from '../../../src/vault/import/promote-left-drafts.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { withdrawLink } from '../../../src/vault/connect/withdraw-link.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import {
  ACCOUNT,
  connectTwo,
  demandFor,
  hand,
  HOUR,
  NO_ID,
  openSiblingStage,
  refreshTokenOf,
  settle,
  storedAll,
} from '../siblings-stage.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const NAMELESS = { act: 'answer', status: 403, body: 'empty' } as const
const OTHER = { id: 'a-2', email: 'b@example.com', name: 'B' }
const USER = 'user-3' as UserId
const VICTIM = 'user-1' as UserId

describe('an access token and a refresh token of two accounts', () => {
  test('tokens of two accounts are refused at the first refresh, and never served as one account', async () => {
    await using stage = await openStage()
    const { connection } = await hand(stage, await mixed(stage), {})
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
    const { connection } = await hand(stage, one, { accountId: 'named-by-the-app' })
    expect(await refresh(stage.ports, connection, 'forced')).toMatchObject({ kind: 'refreshed' })
    expect((await stage.stored(connection.id)).account.id).toBe('named-by-the-app')
  })

  test('tokens of two accounts are refused if accounts share grants, and the shared grant stays', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    await expect(hand(stage, await mixed(stage), { accountId: ACCOUNT.id })).rejects.toMatchObject({
      code: 'account_mismatch',
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
    expect(await stage.ports.store.connectionsOf(USER, null)).toEqual([])
  })

  test('tokens of two accounts are refused when the schedule proves their import after a restart', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const demand = demandFor(stage, await mixed(stage), {})
    const { draft, refreshToken } = draftFromTokens(stage.ports, OPERATOR, demand)
    await stage.ports.store.write(async (trx) => {
      await trx.insertConnection(draft)
      if (refreshToken !== null) await trx.rememberRefreshToken(draft, refreshToken, 'arrived')
    })
    await promoteLeftDrafts(stage.ports)
    const [left] = await stage.ports.store.connectionsOf(USER, ACME)
    await refresh(stage.ports, await stage.stored(left?.id ?? draft.id), 'forced')
    expect(await stage.stored(left?.id ?? draft.id)).toMatchObject({
      failure: { reason: 'account_mismatch' },
    })
    expect((await stage.stored(first?.id ?? NO_ID)).grant).toEqual(first?.grant)
  })

  test('tokens keep the account that the app names if the provider names none', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    const { connection } = await hand(stage, await mixed(stage), { accountId: ACCOUNT.id })
    expect(await refresh(stage.ports, connection, 'forced')).toMatchObject({ kind: 'refreshed' })
  })
})

describe("the proof of a grant's owner", () => {
  test('a consent and a refresh store the owner that the provider names', async () => {
    await using stage = await openStage()
    await stage.provider.setAccount(ACCOUNT)
    await walkConsent(stage, { userId: VICTIM })
    const [consented] = await stage.ports.store.connectionsOf(VICTIM, ACME)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection: imported } = await hand(stage, minted, {})
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
    await hand(stage, minted, {})
    const [a, b] = await storedAll(stage, [first as LiveConnection, second as LiveConnection])
    expect(refreshTokenOf(a)).toBe(refreshTokenOf(first))
    expect(refreshTokenOf(b)).not.toBe(refreshTokenOf(first))
  })

  test('a refresh token that is added to an imported access token must be of the same account', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await hand(stage, minted, { refreshToken: null })
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
    const { connection: first } = await hand(stage, a, {})
    const { connection: second } = await hand(stage, b, { refreshToken: null })
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

  test.each([
    ['PATCH', null],
    ['PATCH to a connection that the app has named', 'acc-9'],
  ])(
    'an access token without a named account does not get the stored refresh token by a %s, and the grant stays',
    async (_, accountId) => {
      await using stage = await openStage()
      await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
      const [a, b] = await stage.provider.mintGrants(2)
      const { connection } = await hand(stage, a, { accountId })
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
    const { connection } = await hand(stage, a, {})
    const demand: Partial<TokenImport> = { refreshToken: null, accountId: ACCOUNT.id }
    await expect(hand(stage, b, demand)).rejects.toMatchObject({ code: 'account_mismatch' })
    const line = () => draftFromTokens(stage.ports, OPERATOR, demandFor(stage, b, demand))
    const [result] = await importBatch(stage.ports, [line], 'unverified')
    expect(result).toMatchObject({ kind: 'accepted' })
    stage.clock.pass(2 * 60_000)
    await settle(stage)
    expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
  })
})

describe('one refresh token for the consents of two users', () => {
  test('a refresh token of another user’s connection is a conflict, and the first user keeps the grant', async () => {
    await using stage = await openStage({ revocationReach: 'token' })
    await stage.provider.setAccount(ACCOUNT)
    await walkConsent(stage, { userId: VICTIM })
    const [first] = (await stage.ports.store.connectionsOf(
      VICTIM,
      ACME,
    )) as readonly LiveConnection[]
    await stage.provider.misbehave(
      { act: 'edit', set: { refresh_token: refreshTokenOf(first) } },
      { grantType: 'authorization_code' },
    )
    const { link } = await walkConsent(stage, { userId: USER })
    expect((await stage.ports.store.link(link.id))?.lastError).toBe('conflict')
    expect(await stage.ports.store.connectionsOf(USER, ACME)).toEqual([])
    expect(await stage.ports.store.dueRevocations(stage.clock.now() + HOUR, 9)).toEqual([])
    expect(await refresh(stage.ports, first as LiveConnection, 'forced')).toMatchObject({
      kind: 'refreshed',
    })
  })

  test('a refresh token of a consent that waits for confirmation is a conflict, and the app can still confirm', async () => {
    await using stage = await openStage({ revocationReach: 'token' })
    await stage.provider.setAccount(ACCOUNT)
    const first = await walkConsent(stage, { ...CONFIRMED, userId: VICTIM })
    await bringAgain(stage, await waitingToken(stage, first.link.id))
    const { link } = await walkConsent(stage, { ...CONFIRMED, userId: USER })
    expect((await stage.ports.store.link(link.id))?.lastError).toBe('conflict')
    expect(await stage.ports.store.dueRevocations(stage.clock.now() + HOUR, 9)).toEqual([])
    const confirmed = await confirmLink(stage.ports, OPERATOR, first.link.id, {
      userId: VICTIM,
      completion: completionOf(first.end),
    })
    expect(await refresh(stage.ports, confirmed, 'forced')).toMatchObject({ kind: 'refreshed' })
  })

  test('a refused reconnect revokes the new refresh token, and the old grant stays', async () => {
    await using stage = await openStage({ revocationReach: 'token' })
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await hand(stage, minted, { userId: VICTIM })
    await stage.provider.setAccount(ACCOUNT)
    const { link } = await walkConsent(stage, { ...CONFIRMED, userId: VICTIM })
    const received = await waitingToken(stage, link.id)
    await withdrawLink(stage.ports, OPERATOR, link.id)
    const [queued] = await stage.ports.store.dueRevocations(stage.clock.now() + HOUR, 9)
    expect(queued?.refreshToken?.open().expose()).toBe(received)
    expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
  })

  test('an import whose refresh returns another user’s refresh token is a conflict, and revokes nothing', async () => {
    await using stage = await openStage({ revocationReach: 'token' })
    const [a, b] = await stage.provider.mintGrants(2, { account: ACCOUNT })
    const { connection: first } = await hand(stage, a, { userId: VICTIM })
    await stage.provider.misbehave({ act: 'edit', set: { refresh_token: a?.refreshToken ?? '' } })
    await expect(hand(stage, b, { accessToken: null })).rejects.toMatchObject({ code: 'conflict' })
    const [c] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection: second } = await hand(stage, c, {})
    await refresh(stage.ports, second, 'forced')
    const removed = await deleteConnection(
      stage.ports,
      OPERATOR,
      { id: second.id },
      { revoke: true },
    )
    expect(removed).toEqual({ revocation: 'skipped' })
    expect((await stage.stored(first.id)).grant).toEqual(first.grant)
  })

  test('a second consent of one user with the same refresh token reconnects', async () => {
    await using stage = await openStage()
    await stage.provider.misbehave(NAMELESS, { endpoint: 'userinfo' })
    await walkConsent(stage, { userId: USER })
    const [first] = (await stage.ports.store.connectionsOf(USER, ACME)) as readonly LiveConnection[]
    await stage.provider.misbehave(
      { act: 'edit', set: { refresh_token: refreshTokenOf(first) } },
      { grantType: 'authorization_code' },
    )
    await walkConsent(stage, { userId: USER })
    const all = await stage.ports.store.connectionsOf(USER, ACME)
    expect(all.map(({ id }) => id)).toEqual([first?.id])
  })
})

const CONFIRMED = { confirm: 'app', redirectUrl: 'https://app.example.com/oauth' } as const

async function waitingToken({ ports }: Stage, link: LinkId): Promise<string> {
  const received = (await ports.store.waitingGrant(link))?.received
  if (received?.kind !== 'tokens') throw new Error('no tokens wait')
  return received.tokens.refreshToken?.open().expose() ?? ''
}

/** Makes the next consents return this refresh token. */
function bringAgain({ provider }: Stage, refreshToken: string): Promise<unknown> {
  const deed = { act: 'edit', set: { refresh_token: refreshToken } } as const
  return provider.misbehave(deed, { grantType: 'authorization_code' })
}

function completionOf(end: object): string {
  if (!('url' in end) || typeof end.url !== 'string') throw new Error('not sent to the app')
  return new URL(end.url).searchParams.get('completion') ?? ''
}

/** The access token of `ACCOUNT` with the refresh token of another account. */
async function mixed(stage: Stage) {
  const [a] = await stage.provider.mintGrants(1, { account: ACCOUNT })
  const [b] = await stage.provider.mintGrants(1, { account: OTHER })
  return { accessToken: a?.accessToken ?? '', refreshToken: b?.refreshToken ?? '' }
}

/** Stores the grants as a version did that did not know the proof. */
async function forget(stage: Stage, connections: readonly LiveConnection[]): Promise<void> {
  for (const { id } of connections) {
    const before = await stage.stored(id)
    if (before.grant.kind !== 'oauth') throw new Error('not a grant of tokens')
    const after = { ...before, grant: { ...before.grant, owner: UNKNOWN_OWNER } }
    await stage.ports.store.write((trx) => trx.saveConnection(before, after))
  }
}
