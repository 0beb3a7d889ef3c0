import { expect, test } from 'vitest'
import { expectedIssuer, isFromIssuer } from '../../../src/oauth/request/issuer.ts'
import { problemsOf, configured, NO_ENDPOINT } from './configure-kit.ts'

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
