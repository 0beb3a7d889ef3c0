import { expect, test } from 'vitest'
import { exchangeCode, type Reply, speak, token } from '../dialect-kit.ts'
import { parseProvider } from '../../../src/oauth/recipe/configure-providers.ts'

const ORG = { from: 'callback', path: 'org', pattern: '\\w+' }
const CALLBACK = { code: 'the-code', org: 'evil' }
const ME: Record<string, Reply> = { '/me': { body: { id: 'u-1' } } }

/** Builds account ids from a callback value that the provider must verify. */
const identity = (url: string) => ({
  userinfoEndpoint: `${url}/me`,
  account: { id: { joined: ['$kept.org', 'id'], with: ':' } },
  keep: { org: { ...ORG, verifiedBy: { url: `${url}/orgs/{org}` } } },
})

test.each([401, 403, 404, 302])(
  'a callback value in the account id ends the flow if the provider answers the check of the value with %s',
  async (status) => {
    const replies = { ...token(), ...ME, '/orgs/evil': { status, body: {} } }
    const { result } = await speak(identity, replies, (party) => exchangeCode(party, CALLBACK))
    expect(result).toMatchObject({ kind: 'untrusted' })
  },
)

test('a callback value that is verified with the token becomes part of the account id', async () => {
  const replies = { ...token(), ...ME, '/orgs/acme': { body: {} } }
  const { result, requests } = await speak(identity, replies, (party) =>
    exchangeCode(party, { code: 'the-code', org: 'acme' }),
  )
  expect(result).toMatchObject({ kind: 'ok', account: { id: 'acme:u-1' } })
  expect((result as { tokens: object }).tokens).toMatchObject({ providerData: { org: 'acme' } })
  expect(requests.find(({ path }) => path === '/orgs/acme')?.headers['authorization']).toBe(
    'Bearer at',
  )
})

test('a flow ends as unavailable if the provider cannot verify a callback value', async () => {
  const replies = { ...token(), ...ME, '/orgs/evil': { status: 503, body: {} } }
  const { result } = await speak(identity, replies, (party) => exchangeCode(party, CALLBACK))
  expect(result).toMatchObject({ kind: 'unavailable' })
})

test.each([
  ['nothing verifies', {}],
  ['the token does not prove', { verifiedBy: true }],
])(
  'a callback value that %s is stored as unverified',
  async (_case, { verifiedBy }: { verifiedBy?: boolean }) => {
    const { result } = await speak(
      (url) => ({
        userinfoEndpoint: `${url}/me`,
        account: { id: 'id' },
        keep: { org: { ...ORG, ...(verifiedBy && { verifiedBy: { url: `${url}/orgs/{org}` } }) } },
      }),
      { ...token(), ...ME, '/orgs/evil': { status: 404, body: {} } },
      (party) => exchangeCode(party, CALLBACK),
    )
    expect(result).toMatchObject({
      kind: 'ok',
      account: { id: 'u-1' },
      tokens: { providerData: { unverified: { org: 'evil' } } },
    })
    expect(result).not.toHaveProperty('tokens.providerData.org')
  },
)

test('the settings reject an account id that contains an unverified callback value', () => {
  const settings = {
    authorizationEndpoint: 'https://idp.example/auth',
    tokenEndpoint: 'https://idp.example/token',
    clientId: 'c',
    account: { id: ['$kept.org', 'id'] },
    keep: { org: ORG },
  }
  expect(parseProvider({ id: 'x', settings, clientSecrets: [] })).toMatchObject({
    problems: [expect.stringContaining('providers.x.keep.org.verifiedBy: is required')],
  })
})
