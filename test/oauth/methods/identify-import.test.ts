import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { speak, token } from '../dialect-kit.ts'
import { COMMON } from '../endpoint-kit.ts'

/**
 * Builds the account id from a value kept from the token answer, which must belong to the token.
 */
const fromTokens = (url: string) => ({
  userinfoEndpoint: `${url}/me`,
  account: { id: [{ joined: ['$kept.workspace', 'id'], with: ':' }, 'id'] },
  keep: { workspace: { from: 'tokens', path: 'workspace_id' } },
})

test.each([
  [false, 'w-1:u-1'],
  [true, 'u-1'],
])(
  'a value stored from earlier tokens is not used to identify an imported access token: %s',
  async (isImported, id) => {
    const { result } = await speak(
      fromTokens,
      { '/me': { body: { id: 'u-1' } }, ...token() },
      ({ endpoint }) =>
        endpoint.identify({ ...COMMON, ...TOKEN, providerData: { workspace: 'w-1' }, isImported }),
    )
    expect(result).toMatchObject({ kind: 'ok', account: { id } })
  },
)

const fromCallback = (url: string) => ({
  userinfoEndpoint: `${url}/me`,
  account: { id: { joined: ['$kept.company', 'id'], with: ':' } },
  keep: {
    company: {
      from: 'callback',
      path: 'company',
      pattern: '\\d+',
      verifiedBy: { url: `${url}/company/{company}` },
    },
  },
})

test.each([
  [200, { kind: 'ok', account: { id: '7:u-1' } }],
  [403, { kind: 'foreign' }],
  [503, { kind: 'unavailable' }],
])(
  'a value stored from the callback is verified with the imported token: %i',
  async (status, expected) => {
    const { result, requests } = await speak(
      fromCallback,
      { '/me': { body: { id: 'u-1' } }, '/company/7': { status, body: {} }, ...token() },
      ({ endpoint }) =>
        endpoint.identify({
          ...COMMON,
          ...TOKEN,
          providerData: { company: '7' },
          isImported: true,
        }),
    )
    expect(result).toMatchObject(expected)
    expect(requests[0]?.headers['authorization']).toBe('Bearer at')
  },
)

const TOKEN = { accessToken: new Secret('at') }
