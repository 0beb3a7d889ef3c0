import { expect, test } from 'vitest'
import { exchangeCode, speak, token } from '../dialect-kit.ts'

const exchangeWith = async (body: Record<string, unknown>) =>
  (await speak(() => ({}), token({ access_token: 'at', ...body }), exchangeCode)).result

test.each([0, '0', -1, '-1', 'never', null])(
  'an access token that nothing can renew and that lives %j seconds has no end',
  async (value) => {
    expect(await exchangeWith({ expires_in: value })).toMatchObject({
      kind: 'ok',
      tokens: { expiresInSeconds: null },
    })
  },
)

test.each([0, -1])('one that can be renewed and lives %j seconds is over', async (value) => {
  expect(await exchangeWith({ expires_in: value, refresh_token: 'rt' })).toMatchObject({
    kind: 'ok',
    tokens: { expiresInSeconds: 0 },
  })
})
