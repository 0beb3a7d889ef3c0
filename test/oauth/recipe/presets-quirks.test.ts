import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { configureProviders } from '../../../src/oauth/recipe/configure-providers.ts'
import {
  BASIC,
  exchangeCode,
  type Party,
  refreshOnce,
  type Reply,
  speak,
  token,
  TOKENS,
} from '../dialect-kit.ts'
import { beginAt, COMMON, refreshWith } from '../endpoint-kit.ts'
import { problemsOf } from './preset-kit.ts'

const identify = (party: Party, more = {}) =>
  party.endpoint.identify({ ...COMMON, providerData: {}, accessToken: new Secret('at'), ...more })

const commas = () => ({ answer: { scopeSeparator: ',' }, scopes: ['repo', 'user'] })

test('a preset can request scopes with spaces and read granted scopes with commas', async () => {
  const { result } = await speak(
    commas,
    token({ ...TOKENS, scope: 'repo,user' }),
    async (party) => {
      const { query } = await beginAt(party)
      return [query.get('scope'), await exchangeCode(party)]
    },
  )
  expect(result).toMatchObject(['repo user', { tokens: { scope: ['repo', 'user'] } }])
})

const unticked = () => ({
  scopes: ['read', 'activity:read'],
  scopeSeparator: ',',
  grantedScope: { callbackParam: 'scope' },
})

test('a preset can read granted scopes from the callback', async () => {
  const { result } = await speak(unticked, token(), (party) =>
    exchangeCode(party, { code: 'c', scope: 'read' }),
  )
  expect(result).toMatchObject({ kind: 'ok', tokens: { scope: ['read'] } })
  const silent = await speak(unticked, token(), (party) => exchangeCode(party))
  expect(silent.result).toMatchObject({ kind: 'ok', tokens: { scope: null } })
})

const everlasting = () => ({ answer: { refreshToken: null } })

test('a refresh token is not kept if the access token never expires', async () => {
  const { result } = await speak(everlasting, token(), (party) => exchangeCode(party))
  expect(result).toMatchObject({ kind: 'ok', tokens: { refreshToken: null } })
})

const strictRefresh = () => ({
  keep: { redirectUri: { from: 'flow', path: 'redirectUri', pattern: '\\S+' } },
  refreshRequest: { params: { redirect_uri: '{redirectUri}' } },
})

test('a refresh sends the redirect URI of its flow, or without a stored one the configured redirect URI', async () => {
  const { result, requests } = await speak(strictRefresh, token(), async (party) => {
    const begun = await beginAt(party)
    const exchanged = await party.endpoint.exchange({
      ...COMMON,
      redirectUri: 'https://app.example/own-callback',
      callback: new Map([['code', 'c']]),
      verifier: begun.verifier,
      nonce: null,
      requestedScope: [],
    })
    if (exchanged.kind !== 'ok') throw new Error(exchanged.kind)
    const { providerData } = exchanged.tokens
    await refreshWith(party.endpoint, 'rt-1', { providerData })
    await refreshOnce(party)
    return providerData
  })
  expect(result).toEqual({ redirectUri: 'https://app.example/own-callback' })
  expect(requests.map(({ form }) => form['redirect_uri'])).toEqual([
    'https://app.example/own-callback',
    'https://app.example/own-callback',
    'http://localhost:7421/callback/idp',
  ])
})

/** The callback names the host that receives the code, as at Zoho. */
const dataCentres = (url: string) => ({
  params: { home: { description: 'x', pattern: 'us|eu', default: 'us' } },
  tokenEndpoint: `${url}/{centre}/token`,
  keep: {
    centre: { from: 'callback', path: 'location', pattern: 'us|eu', default: '{home}' },
  },
})
const centres: Record<string, Reply> = {
  '/us/token': { body: TOKENS },
  '/eu/token': { body: TOKENS },
}

test('the callback chooses the token endpoint from a list; without the callback value, a parameter chooses it', async () => {
  const { result, requests } = await speak(dataCentres, centres, async (party) => [
    await exchangeCode(party, { code: 'c', location: 'evil' }),
    await exchangeCode(party),
    await exchangeCode(party, { code: 'c', location: 'eu' }),
    await refreshWith(party.endpoint, 'rt-1', { providerData: { centre: 'eu' } }),
    await refreshWith(party.endpoint, 'rt-1', { params: { home: 'eu' } }),
    await refreshWith(party.endpoint, 'rt-1', { providerData: { centre: 'evil' } }),
  ])
  const kinds = (result as { kind: string }[]).map(({ kind }) => kind)
  expect(kinds).toEqual(['untrusted', 'ok', 'ok', 'ok', 'ok', 'ok'])
  const asked = requests.map(({ path }) => path.split('/')[1])
  expect(asked).toEqual(['us', 'eu', 'eu', 'eu', 'us'])
})

const shop = () => ({
  params: { shop: { description: 'x', pattern: '[a-z]+', required: true } },
  shop: 'acme',
  callbackMustEqual: { shop: '{shop}.shops.example' },
})

test.each([
  ['acme.shops.example', 'ok'],
  ['other.shops.example', 'untrusted'],
  [undefined, 'untrusted'],
])(
  'a callback parameter that must match the authorization request is %s: %s',
  async (named, kind) => {
    const { result, requests } = await speak(shop, token(), (party) =>
      exchangeCode(party, { code: 'c', ...(named === undefined ? {} : { shop: named }) }),
    )
    expect(result).toMatchObject({ kind })
    expect(requests).toHaveLength(kind === 'ok' ? 1 : 0)
  },
)

const probing = (url: string) => ({
  userinfoEndpoint: `${url}/me`,
  params: { sub: { description: 'x', pattern: '[a-z]+', default: 'acme' } },
  account: { id: { joined: ['$params.sub', 'user.id'], with: ':' } },
  apiHeader: { name: 'X-Token', scheme: null },
  probe: { scheme: 'OAuth' },
  keep: { dc: { from: 'probe', path: 'dc' }, none: { from: 'probe', path: 'none' } },
})
const me = { '/me': { body: { user: { id: 7 }, dc: 'us6' } }, ...token() }

test('a preset can set the auth scheme of a probe, build the account id from a parameter and store values', async () => {
  const { result, requests } = await speak(probing, me, async (party) => [
    await identify(party),
    await exchangeCode(party),
  ])
  const told = { account: { id: 'acme:7' }, providerData: { dc: 'us6' } }
  expect(result).toMatchObject([
    { kind: 'ok', ...told },
    { kind: 'ok', account: told.account, tokens: { providerData: { dc: 'us6' } } },
  ])
  expect(requests[0]?.headers['x-token']).toBe('OAuth at')
})

const mixed = (url: string) => ({
  clientAuth: 'post',
  revocationEndpoint: `${url}/revoke`,
  revocation: { clientAuth: 'basic', tokens: 'access', sendsHint: false },
})

test('a preset can set another client authentication for revocations than for the token endpoint', async () => {
  const { requests } = await speak(mixed, { '/revoke': { body: '' } }, (party) =>
    party.endpoint.revoke({
      id: 'rev_1',
      ...COMMON,
      providerData: {},
      refreshToken: null,
      accessToken: new Secret('at'),
      attempts: 0,
      createdAt: 0,
      dueAt: 0,
    }),
  )
  expect(requests).toMatchObject([{ headers: { authorization: BASIC }, form: { token: 'at' } }])
})

const guarded = {
  authorizationEndpoint: '{base}/auth',
  tokenEndpoint: '{base}/token',
  params: {
    base: { description: 'x', pattern: 'https://\\S+', required: true, setBy: 'operator' },
    tenant: { description: 'y', pattern: '[a-z]+' },
  },
}

test('a parameter that may name any host can be set by the operator but not by a link', async () => {
  expect(problemsOf('idp', guarded)).toEqual(['providers.idp.base: is required'])
  const settings = { ...guarded, base: 'https://idp.example' }
  const { providers } = configureProviders([{ id: 'idp', settings, clientSecrets: [] }], 'http://x')
  expect([...providers.values()].map(({ params }) => Object.keys(params))).toEqual([['tenant']])
  await speak(
    () => settings,
    {},
    async (party) => {
      const { url } = await beginAt(party, { params: { tenant: 'acme' } })
      expect(new URL(url).host).toBe('idp.example')
      const params = { base: 'https://evil.example' }
      await expect(beginAt(party, { params })).rejects.toThrow('parameter')
    },
  )
})

test('a parameter is required only if a URL uses it', () => {
  const issuer = 'https://idp.example'
  expect(problemsOf('oidc', {})).toEqual(['providers.oidc.issuerUrl: is required'])
  expect(problemsOf('oidc', { issuer })).toEqual([])
  expect(problemsOf('oidc', { issuerUrl: 'https://idp.example/' })).toEqual([])
  expect(problemsOf('oidc', { issuerUrl: 'http://idp.example' })).toHaveLength(1)
})
