import { expect, test } from 'vitest'
import { withKeptRefreshToken } from '../../../src/core/connection/kept-refresh-token.ts'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { leaderOf } from '../../../src/vault/refresh/siblings.ts'
import { makeConnection, makeGrant } from '../../support/make-connection.ts'
import { openStage } from '../../support/vault-stage.ts'

test.each([
  ['keeps the old one of the same client', 'acme/ours', 'refresh-1'],
  ['drops the old one of another client', 'acme/another', undefined],
])('a reconnect without a refresh token %s', (_, issuedTo, kept) => {
  const held = { issuedTo: 'acme/ours', refreshTokenExpiresAt: 9, endNoticeAt: 5 }
  const replaced = makeConnection({ grant: makeGrant(held) })
  const fresh = makeGrant({ refreshToken: null, issuedTo })
  const grant = withKeptRefreshToken(fresh, replaced, true)
  expect(grant.refreshToken?.open().expose()).toBe(kept)
  expect(grant.refreshTokenExpiresAt).toBe(kept === undefined ? null : 9)
  const own = makeGrant({ refreshToken: new Secret('its own'), issuedTo })
  expect(withKeptRefreshToken(own, replaced, true)).toBe(own)
})

test('accounts with the same id at two instances of a provider share no grant', async () => {
  await using stage = await openStage({ provider: { refreshTokens: { endsSiblings: true } } })
  const { connection, account } = await stage.adopt()
  const leader = (params: Readonly<Record<string, string>>) => {
    const older = { ...connection, id: 'con_0' as ConnectionId, params }
    const reads = { connectionsOfAccount: async () => [connection, older] }
    return leaderOf(stage.ports, reads, connection)
  }
  expect(connection.account.id).toBe(account.id)
  expect((await leader({})).id).toBe('con_0')
  expect((await leader({ region: 'eu' })).id).toBe(connection.id)
})
