import { describe, expect, test } from 'vitest'
import { type LiveConnection } from '../../../src/core/connection/connection.ts'
import type { LinkId, UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { withdrawLink } from '../../../src/vault/connect/withdraw-link.ts'
import { walkConsent } from '../../support/consent-walk.ts'
import { ACCOUNT, importMinted, HOUR, NAMELESS, refreshTokenOf } from '../siblings-stage.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const USER = 'user-3' as UserId
const VICTIM = 'user-1' as UserId

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

  test.each([
    ['the same user', 'user-1', null],
    ['the same user with an access token', 'user-1', 'at-1'],
    ['another user', 'user-3', null],
    ['another user with an access token', 'user-3', 'at-1'],
  ])(
    'an import for %s of a refresh token that waits for confirmation is a conflict, and the app can still confirm',
    async (_, userId, accessToken) => {
      await using stage = await openStage({ revocationReach: 'token' })
      await stage.provider.setAccount(ACCOUNT)
      const { link, end } = await walkConsent(stage, { ...CONFIRMED, userId: VICTIM })
      const minted = { accessToken: '', refreshToken: await waitingToken(stage, link.id) }
      const tokens = { accessToken: accessToken === null ? null : new Secret(accessToken) }
      const imported = importMinted(stage, minted, { ...tokens, userId: userId as UserId })
      await expect(imported).rejects.toMatchObject({ code: 'conflict' })
      const completion = completionOf(end)
      const app = { userId: VICTIM, completion }
      const confirmed = await confirmLink(stage.ports, OPERATOR, link.id, app)
      expect(await refresh(stage.ports, confirmed, 'forced')).toMatchObject({ kind: 'refreshed' })
    },
  )

  test('a refused reconnect revokes the new refresh token, and the old grant stays', async () => {
    await using stage = await openStage({ revocationReach: 'token' })
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection } = await importMinted(stage, minted, { userId: VICTIM })
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
    const { connection: first } = await importMinted(stage, a, { userId: VICTIM })
    await stage.provider.misbehave({ act: 'edit', set: { refresh_token: a?.refreshToken ?? '' } })
    await expect(importMinted(stage, b, { accessToken: null })).rejects.toMatchObject({
      code: 'conflict',
    })
    const [c] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const { connection: second } = await importMinted(stage, c, {})
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
