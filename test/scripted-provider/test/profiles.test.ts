import { request } from 'undici'
import { expect, test } from 'vitest'
import { askRefresh, askUserinfo } from '../ask-provider.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import { withOneGrant } from './one-grant.ts'

test('plain: a refresh returns no refresh token, and the old one stays valid', async () => {
  await using it = await withOneGrant({ profile: 'plain' })
  for (const _ of [1, 2, 3]) {
    const told = await it.refresh(it.grant.refreshToken)
    expect(told.json).toEqual({
      access_token: expect.stringContaining(it.provider.mark),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read write',
    })
  }
  expect(await it.family()).toMatchObject({ current: it.grant.refreshToken, revoked: null })
})

test('same-token: a refresh returns the same refresh token', async () => {
  await using it = await withOneGrant({ profile: 'same-token' })
  const told = await it.refresh(it.grant.refreshToken)
  expect(told.json['refresh_token']).toBe(it.grant.refreshToken)
  expect((await it.refresh(it.grant.refreshToken)).status).toBe(200)
})

test('strict: a second use of a refresh token ends the family and its access tokens', async () => {
  await using it = await withOneGrant({ profile: 'strict' })
  const first = await it.refresh(it.grant.refreshToken)
  expect(first.json['refresh_token']).not.toBe(it.grant.refreshToken)
  expect((await askUserinfo(it.provider, first.json['access_token'])).status).toBe(200)

  const second = await it.refresh(it.grant.refreshToken)
  expect([second.status, second.json['error']]).toEqual([400, 'invalid_grant'])
  expect((await it.family()).revoked).toMatchObject({ cause: 'reuse' })
  expect((await it.refresh(first.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await askUserinfo(it.provider, first.json['access_token'])).status).toBe(401)
})

test('grace: a used token returns the same pair within the grace and ends the family after it', async () => {
  await using it = await withOneGrant({ profile: 'grace' })
  const first = await it.refresh(it.grant.refreshToken)
  await it.provider.advanceTime(29_000)
  const again = await it.refresh(it.grant.refreshToken)
  expect(again.json).toEqual({ ...first.json, expires_in: 3_571 })
  await it.provider.advanceTime(1_500)
  expect((await it.refresh(it.grant.refreshToken)).json['error']).toBe('invalid_grant')
  expect((await it.family()).revoked).toMatchObject({ cause: 'reuse' })
})

test('grace with new pairs: a used token returns another pair, and both can be refreshed', async () => {
  await using it = await withOneGrant({ profile: 'grace', graceAnswer: 'new' })
  const first = await it.refresh(it.grant.refreshToken)
  const second = await it.refresh(it.grant.refreshToken)
  expect(second.json['refresh_token']).not.toBe(first.json['refresh_token'])
  const third = await it.refresh(first.json['refresh_token'])
  expect(third.status).toBe(200)
  expect((await it.family()).current).toBe(third.json['refresh_token'])
})

test('grace: only the token right before the current one has a grace', async () => {
  await using it = await withOneGrant({ profile: 'grace' })
  const first = await it.refresh(it.grant.refreshToken)
  await it.refresh(first.json['refresh_token'])
  expect((await it.refresh(it.grant.refreshToken)).json['error']).toBe('invalid_grant')
  expect((await it.family()).revoked).toMatchObject({ cause: 'reuse' })
})

test('grace-until-used: a used token works until the new access token is used', async () => {
  await using it = await withOneGrant({ profile: 'grace-until-used' })
  const first = await it.refresh(it.grant.refreshToken)
  await it.provider.advanceTime(600_000)
  const again = await it.refresh(it.grant.refreshToken)
  expect(again.status).toBe(200)
  expect(again.json['access_token']).not.toBe(first.json['access_token'])

  await askUserinfo(it.provider, again.json['access_token'])
  const late = await it.refresh(it.grant.refreshToken)
  expect(late.json['error']).toBe('invalid_grant')
  expect((await it.family()).revoked).toBeNull()
  expect((await it.refresh(again.json['refresh_token'])).status).toBe(200)
})

test('slack-200: success and failure both have status 200', async () => {
  await using it = await withOneGrant({ profile: 'slack-200' })
  const told = await it.refresh(it.grant.refreshToken)
  expect(told.json).toMatchObject({ ok: true, token_type: 'bot', expires_in: 43_200 })
  expect(told.json['refresh_token']).toMatch(/^xoxe-1-/)
  const spent = await it.refresh(it.grant.refreshToken)
  expect([spent.status, spent.json]).toEqual([200, { ok: false, error: 'invalid_refresh_token' }])
  expect((await it.family()).revoked).toBeNull()
  expect((await askUserinfo(it.provider, 'xoxe.xoxb-1-unknown')).json['ok']).toBe(false)
})

test('github-200: errors have status 200, and a refresh ends the access token before it', async () => {
  await using it = await withOneGrant({ profile: 'github-200' })
  const told = await it.refresh(it.grant.refreshToken)
  expect(told.json).toMatchObject({
    access_token: expect.stringMatching(/^ghu_/),
    refresh_token: expect.stringMatching(/^ghr_/),
    expires_in: 28_800,
    refresh_token_expires_in: 15_897_600,
    token_type: 'bearer',
    scope: '',
  })
  expect((await askUserinfo(it.provider, it.grant.accessToken)).status).toBe(401)
  const spent = await it.refresh(it.grant.refreshToken)
  expect([spent.status, spent.json['error']]).toEqual([200, 'bad_refresh_token'])
})

test('github-200: a request that does not accept JSON gets a form-encoded answer', async () => {
  await using it = await withOneGrant({ profile: 'github-200' })
  const { id, secret } = it.provider.client
  const params = { client_id: id, client_secret: secret, grant_type: 'refresh_token' }
  const body = new URLSearchParams({ ...params, refresh_token: it.grant.refreshToken }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const told = await request(it.provider.endpoints.token, { method: 'POST', headers, body })
  expect(told.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(new URLSearchParams(await told.body.text()).get('refresh_token')).toMatch(/^ghr_/)
})

test('confidential-secret-list: both secrets are accepted until one is removed', async () => {
  await using it = await withOneGrant({ profile: 'confidential-secret-list' })
  const [old = '', next = ''] = it.provider.client.secrets
  const by = (secret: string): Pick<ScriptedProvider, 'client' | 'endpoints'> => ({
    endpoints: it.provider.endpoints,
    client: { ...it.provider.client, secret },
  })
  const first = await askRefresh(by(old), it.grant.refreshToken)
  const second = await askRefresh(by(next), first.json['refresh_token'])
  expect(second.status).toBe(200)

  await it.provider.setClientSecrets([next])
  const refused = await askRefresh(by(old), second.json['refresh_token'])
  expect([refused.status, refused.json['error']]).toEqual([401, 'invalid_client'])
  expect((await askRefresh(by(next), second.json['refresh_token'])).status).toBe(200)
  expect((await it.family()).revoked).toBeNull()
})
