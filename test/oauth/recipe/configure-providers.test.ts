import { expect, test } from 'vitest'
import { configured } from './configure-kit.ts'

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
