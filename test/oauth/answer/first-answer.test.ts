import { expect, test } from 'vitest'
import { exchangeCode, speak, token } from '../dialect-kit.ts'

const exchangeWith = async (body: Record<string, unknown>) =>
  (await speak(() => ({}), token({ access_token: 'at', ...body }), exchangeCode)).result

test.each([0, '0', -1, '-1', 'never', null])(
  'an access token without a refresh token has no expiry if expires_in is %j',
  async (value) => {
    expect(await exchangeWith({ expires_in: value })).toMatchObject({
      kind: 'ok',
      tokens: { expiresInSeconds: null },
    })
  },
)

test.each([0, -1])(
  'an access token with a refresh token has already expired if expires_in is %j',
  async (value) => {
    expect(await exchangeWith({ expires_in: value, refresh_token: 'rt' })).toMatchObject({
      kind: 'ok',
      tokens: { expiresInSeconds: 0 },
    })
  },
)
