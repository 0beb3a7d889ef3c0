import { expect, test } from 'vitest'
import { configureProviders } from '../../../src/oauth/recipe/configure-providers.ts'
import { source, problemsOf, NO_ENDPOINT } from './configure-kit.ts'

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
