import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { expectedIssuer, isFromIssuer } from '../../../src/oauth/request/issuer.ts'
import { configureProviders, parseProvider } from '../../../src/oauth/recipe/configure-providers.ts'

const source = (id: string, settings: object = {}) => ({
  id,
  settings: { clientId: 'c', ...settings },
  clientSecrets: [new Secret('s')],
})

const problemsOf = (id: string, settings: object = {}) => {
  const result = parseProvider(source(id, settings))
  return result.kind === 'ok' ? [] : result.problems
}

const configured = (
  id: string,
  settings: object = {},
  publicUrl = 'https://larder.example.com',
) => {
  const found = [...configureProviders([source(id, settings)], publicUrl).configured.values()][0]
  if (found === undefined) throw new Error('nothing configured')
  return found
}

const NO_ENDPOINT =
  'must be https, or http to localhost or a loopback address; for http to a host of your own network set allowPlainHttp'

test('a provider with a preset needs only a client id', () => {
  const { provider, recipe, client } = configured('google')
  expect(provider).toMatchObject({
    id: 'google',
    name: 'Google',
    connectsBy: 'link',
    identityScopes: ['openid', 'email', 'profile'],
    redirectUri: 'https://larder.example.com/callback/google',
    apiHeader: { name: 'Authorization', scheme: 'Bearer' },
    revocation: { supported: true, reach: 'account' },
    refresh: { replay: 'allowed', graceMs: 30_000, refreshTokenIdleMs: 15_552_000_000 },
  })
  expect(recipe.authorizationParams).toEqual({ access_type: 'offline', prompt: 'consent' })
  expect(client?.id).toBe('c')
})

const zoomAt = (publicUrl: string) => configured('zoom', {}, publicUrl).provider.redirectUri

test('the public URL may have a path, with or without a trailing slash', () => {
  expect(zoomAt('https://a.example/larder/')).toBe('https://a.example/larder/callback/zoom')
  expect(zoomAt('http://localhost:7421')).toBe('http://localhost:7421/callback/zoom')
})

test('a parameter of a preset is set among the other settings of the provider', () => {
  const { params, provider } = configured('microsoft', { tenant: 'organizations' })
  expect(params).toEqual({ tenant: 'organizations' })
  expect(provider.params['tenant']).toMatchObject({ default: 'organizations', required: false })
  expect(provider.params['tenant']?.pattern.test('organizations')).toBe(true)
  expect(provider.params['tenant']?.pattern.test('organizations/../x')).toBe(false)
  expect(provider.identityScopes).toContain('offline_access')
  expect(provider.revocation.supported).toBe(false)
})

test('settings override a preset: objects field by field, lists and values as a whole', () => {
  const { recipe, provider } = configured('google-staging', {
    preset: 'google',
    scopes: ['https://www.googleapis.com/auth/calendar'],
    authorizationParams: { prompt: 'select_account', access_type: null, hd: 'example.com' },
    tokenEndpoint: 'http://127.0.0.1:4000/token',
    refreshTokens: { replay: 'never' },
  })
  expect(provider.id).toBe('google-staging')
  expect(provider.redirectUri).toMatch(/callback\/google-staging$/)
  expect(provider.refresh.replay).toBe('never')
  expect(provider.refresh.refreshTokenIdleMs).toBe(15_552_000_000)
  expect(recipe.scopes).toEqual(['https://www.googleapis.com/auth/calendar'])
  expect(recipe.authorizationParams).toEqual({
    prompt: 'select_account',
    access_type: null,
    hd: 'example.com',
  })
  expect(recipe.revocation).toMatchObject({ reach: 'account' })
})

test('an OpenID provider needs an issuer, any other provider its endpoints', () => {
  const acme = configured('acme', { issuer: 'https://login.acme.example' })
  expect(acme.provider.scopes).toEqual(['openid', 'email', 'profile', 'offline_access'])
  expect(acme.provider.identityScopes).toEqual(['openid', 'offline_access'])
  const modest = configured('acme', { issuer: 'https://login.acme.example', scopes: ['openid'] })
  expect(modest.provider.identityScopes).toEqual(['openid'])
  const odd = configured('odd', {
    authorizationEndpoint: 'https://odd.example/authorize',
    tokenEndpoint: 'https://odd.example/token',
    userinfoEndpoint: 'https://odd.example/me',
    tokenRequestFormat: 'json',
    account: { id: 'user.id' },
  })
  expect(odd.provider).toMatchObject({
    name: 'odd',
    identityScopes: [],
    revocation: { supported: false },
  })
  expect(odd.recipe.account).toEqual({ id: 'user.id' })
})

const ISSUER = 'https://sso.acme.example/realms/staff'

test.each([
  ['keycloak', {}],
  ['okta', {}],
  ['auth0', {}],
  ['oidc', {}],
  ['google', {}],
  ['microsoft', {}],
  ['sso', { preset: 'keycloak' }],
])('the preset of %s with an issuer needs no parameter and uses discovery', (id, more) => {
  const { provider, recipe } = configured(id, { issuer: ISSUER, ...more })
  expect(recipe.issuer).toBe(ISSUER)
  expect(recipe.tokenEndpoint).toBeUndefined()
  expect(recipe.authorizationEndpoint).toBeUndefined()
  expect(recipe.jwksUri).toBeUndefined()
  const required = Object.values(provider.params).filter((param) => param.required)
  expect(required).toEqual([])
})

test('a preset with an issuer keeps the other rules of its vendor', () => {
  const { provider, recipe } = configured('auth0', { issuer: ISSUER, audience: 'https://api' })
  expect(provider.refresh.replay).toBe('never')
  expect(recipe.errors.config).toHaveLength(1)
  expect(Object.keys(provider.params)).toEqual(['audience'])
  const { provider: keycloak } = configured('keycloak', {
    issuer: ISSUER,
    refreshTokenRotation: 'off',
  })
  expect(keycloak.refresh.replay).toBe('allowed')
  const written = configured('google', { issuer: ISSUER, tokenEndpoint: 'https://t.example/token' })
  expect(written.recipe.tokenEndpoint).toBe('https://t.example/token')
})

test('a preset with an issuer does not accept the issuer of its vendor', () => {
  const { recipe } = configured('microsoft', { issuer: ISSUER })
  const about = { known: ISSUER, claims: { tid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' } }
  const variables = { authorityHost: 'login.microsoftonline.com' }
  expect(expectedIssuer(recipe, variables, about)).toBe(ISSUER)
  const iss = 'https://login.microsoftonline.com/3f2504e0-4f89-41d3-9a0c-0305e82c3301/v2.0'
  expect(isFromIssuer(recipe, variables, { known: ISSUER, iss })).toBe(false)
})

test.each([
  'https://sso.acme.example/auth',
  'http://localhost:8080',
  'http://localhost',
  'http://127.0.0.1:8080/auth',
  'http://127.0.0.1',
  'http://[::1]:8080',
  'https://[::1]',
  'https://localhost:8443',
])('the preset keycloak accepts the baseUrl %s', (baseUrl) => {
  expect(problemsOf('keycloak', { baseUrl, realm: 'acme' })).toEqual([])
})

test.each([
  ['keycloak', { baseUrl: 'http://keycloak:8080', realm: 'acme' }],
  ['keycloak', { baseUrl: 'http://keycloak.apps.svc:8080/auth', realm: 'acme' }],
  ['oidc', { issuerUrl: 'http://my_idp:8080/' }],
  ['gitlab', { baseUrl: 'http://gitlab.lan' }],
  ['acme', { issuer: 'http://idp:8080' }],
  ['acme', { authorizationEndpoint: 'http://idp/a', tokenEndpoint: 'http://idp/t' }],
])('plain http at %s with %j needs allowPlainHttp', (id, settings) => {
  expect(problemsOf(id, settings).join()).toContain(NO_ENDPOINT)
  expect(problemsOf(id, { ...settings, allowPlainHttp: false }).join()).toContain(NO_ENDPOINT)
  expect(problemsOf(id, { ...settings, allowPlainHttp: true })).toEqual([])
})

test.each<[string, string, object, string[]]>([
  [
    'a provider without a preset and endpoints',
    'acme',
    {},
    ['providers.acme: is no preset, and has neither an issuer nor endpoints'],
  ],
  ['an unknown preset', 'x', { preset: 'gogle' }, ['providers.x.preset: names no preset there is']],
  ['an unknown field', 'google', { colour: 'red' }, ['providers.google.colour: no such field']],
  [
    'an unknown nested field',
    'google',
    { revocation: { colour: 'red' }, answer: { expiresIn: [{ path: 'x', colour: 1 }] } },
    [
      'providers.google.answer.expiresIn.0.colour: no such field',
      'providers.google.revocation.colour: no such field',
    ],
  ],
  [
    'a parameter of another preset',
    'google',
    { tenant: 'common' },
    ['providers.google.tenant: no such field'],
  ],
  [
    'a malformed parameter',
    'microsoft',
    { tenant: 'a/b' },
    ['providers.microsoft.tenant: does not match the pattern of this parameter'],
  ],
  [
    'a parameter that is no text',
    'microsoft',
    { tenant: 7 },
    ['providers.microsoft.tenant: does not match the pattern of this parameter'],
  ],
  ['a wrong type', 'google', { scopes: 'calendar' }, ['providers.google.scopes: must be array']],
  [
    'an unknown word',
    'google',
    { tokenRequestFormat: 'xml' },
    ['providers.google.tokenRequestFormat: must be one of form, json, query'],
  ],
  [
    'a scope with a space',
    'google',
    { scopes: ['a b'] },
    ['providers.google.scopes.0: must be a scope'],
  ],
  [
    'a protocol parameter in disguise',
    'google',
    { authorizationParams: { redirect_uri: 'https://evil.example' } },
    ['providers.google.authorizationParams: must not name a parameter of the protocol'],
  ],
  [
    'plain http',
    'google',
    { tokenEndpoint: 'http://oauth.example/token' },
    [`providers.google.tokenEndpoint: ${NO_ENDPOINT}`],
  ],
  [
    'http to a host of the private network',
    'keycloak',
    { baseUrl: 'http://keycloak:8080', realm: 'acme' },
    [`providers.keycloak.baseUrl: ${NO_ENDPOINT}`],
  ],
  [
    'an issuer under the id of a preset that has none',
    'github',
    { issuer: 'https://login.acme.example' },
    [
      "providers.github.issuer: the preset github has none: an OpenID provider needs an id that is no preset's",
    ],
  ],
  [
    'an allowPlainHttp that is not a boolean',
    'acme',
    { issuer: 'https://login.acme.example', allowPlainHttp: 'yes' },
    ['providers.acme.allowPlainHttp: must be true or false'],
  ],
  [
    'a URL with a password',
    'google',
    { tokenEndpoint: 'https://user:hunter2@oauth.example/token' },
    [`providers.google.tokenEndpoint: ${NO_ENDPOINT}`],
  ],
  [
    'an undeclared variable',
    'google',
    { tokenEndpoint: 'https://{shop}.example/token' },
    [
      'providers.google.tokenEndpoint: {shop} is neither a parameter nor a kept value with a pattern',
    ],
  ],
  [
    'a host from an answer without a pattern',
    'zoom',
    { userinfoEndpoint: 'https://{apiUrl}/me' },
    [
      'providers.zoom.userinfoEndpoint: {apiUrl} is neither a parameter nor a kept value with a pattern',
    ],
  ],
  [
    'an invalid pattern',
    'google',
    { params: { shop: { description: 'x', pattern: '(' } } },
    ['providers.google.params.shop.pattern: is no regular expression'],
  ],
  [
    'a parameter named like a setting',
    'google',
    { params: { scopes: { description: 'x', pattern: '.' } } },
    ['providers.google.params.scopes: is the name of a setting'],
  ],
  [
    'an unknown strategy',
    'google',
    { clientAuth: { strategy: 'no-such' } },
    ['providers.google.clientAuth.strategy: names no strategy there is'],
  ],
  [
    'a missing endpoint',
    'odd',
    { tokenEndpoint: 'https://odd.example/token' },
    ['providers.odd: is no preset, and has neither an issuer nor endpoints'],
  ],
  [
    'a client id that is no text',
    'google',
    { clientId: 12 },
    ['providers.google.clientId: must be text'],
  ],
  [
    'an allowPrivateNetwork that is not a boolean',
    'google',
    { allowPrivateNetwork: 'yes' },
    ['providers.google.allowPrivateNetwork: must be true or false'],
  ],
  [
    'an id that cannot be part of a path',
    'Goo/gle',
    {},
    ['providers.Goo/gle: an id is lower-case letters, digits and hyphens'],
  ],
])('%s is rejected, and the error names the field', (_what, id, settings, expected) => {
  expect([...problemsOf(id, settings)].toSorted()).toEqual(expected.toSorted())
})

test('all problems of all providers are reported at once, without any value', () => {
  const sources = [
    source('google', { colour: 'hunter2', scopes: 'hunter2', tokenRequestFormat: 'hunter2' }),
    source('acme', { issuer: 'hunter2', jwksUri: 'https://hunter2@x' }),
  ]
  const start = () => configureProviders(sources, 'https://larder.example.com')
  expect(start).toThrow(/providers\.google\.colour[^]*providers\.acme\.jwksUri/)
  expect(start).not.toThrow(/hunter2/)
})
