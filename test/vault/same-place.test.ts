import { expect, test } from 'vitest'
import type { ClientCredentials } from '../../src/core/connection.ts'
import type { ProviderId } from '../../src/core/ids.ts'
import { Secret } from '../../src/core/secret.ts'
import { withKeptRefreshToken } from '../../src/vault/kept-refresh-token.ts'
import { siblingsOf } from '../../src/vault/share-with-siblings.ts'
import { makeConnection, makeGrant } from '../support/make-connection.ts'
import { openStage } from '../support/vault-stage.ts'

const endpoint = {
  clientKey: (provider: ProviderId, client: ClientCredentials | null) => client?.id ?? provider,
}

test.each([
  ['of the same client', null, 'refresh-1'],
  ['of another client', { id: 'another', secret: null }, undefined],
])('a refresh token %s is kept, or is not', async (_, client, kept) => {
  await using stage = await openStage()
  const ports = { endpoint: { ...stage.ports.endpoint, ...endpoint } }
  const slot = makeConnection({ grant: makeGrant({ refreshTokenExpiresAt: 9, endNoticeAt: 5 }) })
  const fresh = makeGrant({ refreshToken: null })
  const grant = withKeptRefreshToken(ports, fresh, { slot, client })
  expect(grant.refreshToken?.open().expose()).toBe(kept)
  expect(grant.refreshTokenExpiresAt).toBe(kept === undefined ? null : 9)
  const own = makeGrant({ refreshToken: new Secret('its own') })
  expect(withKeptRefreshToken(ports, own, { slot, client })).toBe(own)
})

test('accounts of one number at two instances of a provider are no siblings', async () => {
  await using stage = await openStage({ provider: { refreshTokens: { endsSiblings: true } } })
  const { connection, account } = await stage.adopt()
  const reads = (params: Readonly<Record<string, string>>) => ({
    connectionsOfAccount: async () => [
      { ...makeConnection(), provider: connection.provider, params, account: connection.account },
    ],
  })
  expect(connection.account.id).toBe(account.id)
  expect(await siblingsOf(stage.ports, reads({}), connection)).toHaveLength(1)
  expect(await siblingsOf(stage.ports, reads({ region: 'eu' }), connection)).toEqual([])
})
