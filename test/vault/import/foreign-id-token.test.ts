import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { claimsFor, jwt, startSigningProvider } from '../../oauth/answer/signing-provider.ts'
import { ACCOUNT, importMinted, HOUR } from '../siblings-stage.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

test('a refresh whose id token names another user fails: the old token is served and the rotated token is stored', async () => {
  await using signing = await startSigningProvider()
  const { issuer, script } = signing
  await using stage = await openStage({
    provider: { issuer, tokenEndpoint: `${issuer}/token`, userinfoEndpoint: `${issuer}/me` },
  })
  const { connection, accessToken } = await stage.adopt({ demand: { accountId: 'acc-1' } })
  const { id } = connection
  const aud = stage.provider.client.id
  const asked = { target: { id }, minTtlSeconds: 0, rejected: null }
  // The app named the account; the first refresh fixes the subject of the id tokens.
  script.idToken = (iss) => jwt(claimsFor(iss, { aud }))
  await refreshNow(stage.ports, OPERATOR, id)
  const proven = await stage.stored(id)
  expect(proven).toMatchObject({ status: 'active', grant: { generation: 2 } })
  expect(proven.grant.token?.secret.expose()).not.toBe(accessToken)

  script.idToken = (iss) => jwt(claimsFor(iss, { aud, sub: 'acc-2' }))
  await expect(refreshNow(stage.ports, OPERATOR, id)).rejects.toMatchObject({
    code: 'provider_unavailable',
  })
  const refused = await stage.stored(id)
  expect(refused).toMatchObject({
    status: 'failing',
    failure: { detail: 'the id token of the answer is not for this user, issuer and client' },
    grant: { generation: 3, token: { tokenId: proven.grant.token?.tokenId } },
  })
  expect(refused.grant.refreshToken?.open().expose()).toBe('rt')
  const served = await getToken(stage.ports, OPERATOR, asked)
  expect(served.connection.grant.token?.tokenId).toBe(proven.grant.token?.tokenId)

  // An answer without an id token proves nothing; the right id token ends the failure.
  script.idToken = () => undefined
  await expect(refreshNow(stage.ports, OPERATOR, id)).rejects.toMatchObject({
    code: 'provider_unavailable',
  })
  script.idToken = (iss) => jwt(claimsFor(iss, { aud }))
  await refreshNow(stage.ports, OPERATOR, id)
  expect(await stage.stored(id)).toMatchObject({ status: 'active', failure: null })
})

describe("userinfo with another subject than the connection's", () => {
  test("userinfo of another subject disconnects an import of two users' tokens if its refresh returns no id token", async () => {
    await using stage = await openOpenIdStage()
    const [a, b] = await mintTwoAccounts(stage)
    const { connection } = await importMinted(stage, { ...a, refreshToken: b.refreshToken }, {})
    await refresh(stage.ports, connection, 'forced')
    const after = await stage.stored(connection.id)
    expect(after).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'account_mismatch' },
      account: { id: a.account.id },
    })
    expect(after.grant.token?.tokenId).toBe(connection.grant.token?.tokenId)
  })

  test.each(['both tokens', 'a refresh token', 'an access token'] as const)(
    'a PATCH with %s is refused if userinfo names another subject, and the grant stays',
    async (what) => {
      await using stage = await openOpenIdStage()
      const [a, b] = await mintTwoAccounts(stage)
      const { connection } = await importMinted(stage, a, {})
      const accessToken = new Secret(b.accessToken)
      const refreshToken = new Secret(b.refreshToken)
      const expiresAt = stage.clock.now() + HOUR
      const changes = {
        'both tokens': { accessToken, refreshToken, expiresAt },
        'a refresh token': { refreshToken },
        'an access token': { accessToken, expiresAt },
      }[what]
      await expect(
        updateConnection(stage.ports, OPERATOR, connection.id, changes),
      ).rejects.toMatchObject({ code: 'account_mismatch' })
      expect((await stage.stored(connection.id)).grant).toEqual(connection.grant)
      expect(await stage.ports.store.draftsOf(connection.userId)).toEqual([])
    },
  )
})

/** An OpenID provider whose token answers have no id token. */
async function openOpenIdStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const { issuer } = opened.use(await startSigningProvider())
  const stage = opened.use(
    await openStage({
      provider: ({ token, userinfo }) => ({
        issuer,
        tokenEndpoint: token,
        userinfoEndpoint: userinfo,
      }),
    }),
  )
  const running = opened.move()
  return { ...stage, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function mintTwoAccounts({ provider }: Stage) {
  const [a] = await provider.mintGrants(1, { account: ACCOUNT })
  const [b] = await provider.mintGrants(1, { account: { ...ACCOUNT, id: 'a-2' } })
  if (a === undefined || b === undefined) throw new Error('nothing was minted')
  return [a, b] as const
}
