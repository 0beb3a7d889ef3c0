import { expect, test } from 'vitest'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { grantKeys } from '../../../src/oauth/request/grant-domains.ts'
import { configureProviders } from '../../../src/oauth/recipe/configure-providers.ts'

const PROJECT = '123456789-web.apps.googleusercontent.com'
const SAME_PROJECT = '123456789-other.apps.googleusercontent.com'
const OTHER_PROJECT = '987654321-web.apps.googleusercontent.com'
const BASE_URL = 'https://sso.example.com'

type Entry = readonly [id: string, settings: Readonly<Record<string, unknown>>]

test.each<[string, Entry, Entry, boolean]>([
  ['google and youtube with one client share grants', google(PROJECT), youtube(PROJECT), true],
  ['google and youtube in one project share grants', google(PROJECT), youtube(SAME_PROJECT), true],
  [
    'google and youtube in two projects share no grants',
    google(PROJECT),
    youtube(OTHER_PROJECT),
    false,
  ],
  [
    'a renamed google entry shares grants with google',
    google(PROJECT),
    ['mail', { ...google(PROJECT)[1] }],
    true,
  ],
  [
    'two entries of one Keycloak share grants',
    keycloak('one', BASE_URL),
    keycloak('two', BASE_URL),
    true,
  ],
  [
    'two Keycloak hosts share no grants',
    keycloak('one', BASE_URL),
    keycloak('two', 'https://b.example'),
    false,
  ],
  [
    'an entry with an issuer shares grants with an entry with its endpoints',
    byIssuer('one'),
    byEndpoints('two', 'app'),
    true,
  ],
  [
    'two clients of one issuer share no grants',
    byIssuer('one'),
    byEndpoints('two', 'other'),
    false,
  ],
])('Larder knows whether grants are shared: %s', (_, one, two, expected) => {
  const { configured } = configureProviders(
    [one, two].map(([id, settings]) => ({ id, settings, clientSecrets: [] })),
    'https://larder.example.com',
  )
  const keys = ([id]: Entry) => grantKeys(configured, id as ProviderId, null)
  expect(keys(one).some((key) => keys(two).includes(key))).toBe(expected)
})

function google(clientId: string): Entry {
  return ['google', { preset: 'google', clientId }]
}

function youtube(clientId: string): Entry {
  return ['youtube', { preset: 'youtube', clientId }]
}

function keycloak(id: string, baseUrl: string): Entry {
  return [id, { preset: 'keycloak', baseUrl, realm: 'staff', clientId: 'app' }]
}

function byIssuer(id: string): Entry {
  return [id, { issuer: 'https://id.example.com', clientId: 'app' }]
}

function byEndpoints(id: string, clientId: string): Entry {
  const [authorizationEndpoint, tokenEndpoint] = ['authorize', 'token'].map(
    (path) => `https://id.example.com/${path}`,
  )
  return [id, { authorizationEndpoint, tokenEndpoint, clientId }]
}
