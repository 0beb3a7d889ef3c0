import { expect, test } from 'vitest'
import { getToken } from '../../src/vault/get-token.ts'
import { refreshNow } from '../../src/vault/refresh-now.ts'
import { claimsFor, jwt, startSigningProvider } from '../oauth/signing-provider.ts'
import { openStage, OPERATOR } from '../support/vault-stage.ts'

test('a refresh whose id token names another user fails, serves the old token and keeps the rotated one', async () => {
  await using signing = await startSigningProvider()
  const { issuer, script } = signing
  await using stage = await openStage({
    provider: { issuer, tokenEndpoint: `${issuer}/token`, userinfoEndpoint: `${issuer}/me` },
  })
  const { connection, accessToken } = await stage.adopt({ demand: { accountId: 'acc-1' } })
  const { id } = connection
  const aud = stage.provider.client.id
  const asked = { target: { id }, minTtlSeconds: 0, rejected: null }
  // Import names the account by the app's word; the first refresh says whose id tokens these are.
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

  // An answer without an id token is no proof; the right one heals the connection.
  script.idToken = () => undefined
  await expect(refreshNow(stage.ports, OPERATOR, id)).rejects.toMatchObject({
    code: 'provider_unavailable',
  })
  script.idToken = (iss) => jwt(claimsFor(iss, { aud }))
  await refreshNow(stage.ports, OPERATOR, id)
  expect(await stage.stored(id)).toMatchObject({ status: 'active', failure: null })
})
