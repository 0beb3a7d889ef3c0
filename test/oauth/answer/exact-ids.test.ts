import { expect, test } from 'vitest'
import { parseJson } from '../../../src/core/base/json.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { exchangeCode, type Reply, refreshOnce, speak, token } from '../dialect-kit.ts'
import { beginAt, COMMON, endpointFor, redeem } from '../endpoint-kit.ts'
import { claimsFor, jwt, startSigningProvider } from './signing-provider.ts'

const NEIGHBOURS = [
  ['9007199254740992', '9007199254740993'],
  ['-9007199254740992', '-9007199254740993'],
  ['12345678901234567890', '12345678901234567891'],
  ['1.00000000000000000001', '1.00000000000000000002'],
  ['1e400', '2e400'],
]

test.each<[string, object, (id: string) => string]>([
  ['the answer of userinfo', { account: { id: 'id' } }, (id) => `{"id":${id}}`],
  [
    'the answer of GraphQL, in a list',
    {
      probe: { method: 'POST', format: 'json', params: { query: '{ me { id } }' } },
      account: { id: 'data.list[0].id' },
    },
    (id) => `{"data":{"list":[{"id":${id}}]}}`,
  ],
  [
    'an id that is joined from several values',
    { account: { id: { joined: ['org', 'id'], with: ':' } } },
    (id) => `{"org":"o","id":${id}}`,
  ],
])('ids that differ in one digit stay two accounts in %s', async (_where, settings, bodyOf) => {
  for (const pair of NEIGHBOURS) {
    for (const id of pair) {
      const { result } = await speak(
        (url) => ({ userinfoEndpoint: `${url}/me`, ...settings }),
        { '/me': { body: bodyOf(id) } },
        ({ endpoint }) =>
          endpoint.identify({ ...COMMON, providerData: {}, accessToken: new Secret('at') }),
      )
      const account = (result as { account: { id: string } }).account
      expect(account.id.split(':').at(-1)).toBe(id)
    }
  }
})

const answer = (more: string): Record<string, Reply> =>
  token(`{"access_token":"at","token_type":"bearer",${more}}`)

test('ids in a token answer keep all their digits, as account id and as stored value', async () => {
  const { result } = await speak(
    () => ({
      accountFromTokens: { id: 'user.id', email: 'user.email' },
      keep: { team: { from: 'tokens', path: 'team.id' } },
    }),
    answer('"user":{"id":9007199254740993,"email":"a@b.c"},"team":{"id":12345678901234567891}'),
    (party) => exchangeCode(party),
  )
  const { account, tokens } = result as {
    account: { id: string }
    tokens: { providerData: unknown }
  }
  expect(account.id).toBe('9007199254740993')
  expect(JSON.stringify(tokens.providerData)).toBe('{"team":12345678901234567891}')
})

test('a numeric claim of an id token keeps its digits', async () => {
  await using provider = await startSigningProvider()
  const party = await endpointFor({
    issuer: provider.issuer,
    accountFromIdToken: { id: 'uid', email: 'email' },
  })
  const begun = await beginAt(party)
  provider.script.idToken = (issuer) => {
    const uid = parseJson('9007199254740993')
    return jwt(claimsFor(issuer, { nonce: begun.nonce?.expose(), email: 'a@b.c', uid }))
  }
  const outcome = await redeem(party.endpoint, begun, { code: 'c', state: 's' })
  expect(outcome).toMatchObject({ kind: 'ok', account: { id: '9007199254740993', name: 'Ada' } })
})

test.each([
  ['60.0', 60],
  ['6e1', 60],
  ['1e400', null],
])('expires_in written as %s is read as a number', async (written, seconds) => {
  const { result } = await speak(() => ({}), answer(`"expires_in":${written}`), refreshOnce)
  expect(result).toMatchObject({ kind: 'ok', tokens: { expiresInSeconds: seconds } })
})

test('an error code written as 7.0 matches a rule for 7', async () => {
  const { result } = await speak(
    () => ({ errors: { dead: [{ where: { code: [7] } }] } }),
    { '/token': { status: 400, body: '{"code":7.0}' } },
    refreshOnce,
  )
  expect(result).toMatchObject({ kind: 'grant_dead' })
})
