import { hash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { askRefresh, askToken, askUserinfo, post } from '../ask-provider.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import { withOneGrant } from './one-grant.ts'
import { refreshRequest } from './wire-client.ts'

const REDIRECT_URI = 'https://app.example.com/callback?keep=1'
const VERIFIER = 'a'.repeat(43)
const CHALLENGE = hash('sha256', VERIFIER, 'base64url')

/** Requests the authorization endpoint. Returns the parameters of its redirect. */
async function walk(
  provider: ScriptedProvider,
  params: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const url = new URL(provider.endpoints.authorize)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: provider.client.id,
    redirect_uri: REDIRECT_URI,
    state: 'the state',
    scope: 'read',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...params,
  }).toString()
  const { statusCode, headers } = await request(url)
  expect(statusCode).toBe(302)
  return new URL(String(headers['location'])).searchParams
}

const redeem = (provider: ScriptedProvider, code: string | null, verifier = VERIFIER) =>
  askToken(provider, {
    grant_type: 'authorization_code',
    code: code ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  })

test('a consent gives a code, the code gives tokens, and these can be refreshed and used', async () => {
  await using provider = await createScriptedProvider({ namesIssuer: true })
  const callback = await walk(provider)
  expect(Object.fromEntries(callback)).toMatchObject({
    keep: '1',
    state: 'the state',
    iss: provider.origin,
  })
  const told = await redeem(provider, callback.get('code'))
  expect(told.json).toMatchObject({ token_type: 'Bearer', scope: 'read' })
  expect((await askRefresh(provider, told.json['refresh_token'])).status).toBe(200)
  expect((await askUserinfo(provider, told.json['access_token'])).json).toMatchObject({
    sub: 'acc-0',
    email: 'user-0@example.com',
  })
})

test('a code with a wrong verifier or redirect URI is refused', async () => {
  await using provider = await createScriptedProvider()
  const wrong = await redeem(provider, (await walk(provider)).get('code'), 'b'.repeat(43))
  expect([wrong.status, wrong.json['error']]).toEqual([400, 'invalid_grant'])
  const elsewhere = await walk(provider, { redirect_uri: 'https://app.example.com/other' })
  expect((await redeem(provider, elsewhere.get('code'))).json['error']).toBe('invalid_grant')
})

test('the provider accepts no challenge method but S256', async () => {
  await using provider = await createScriptedProvider()
  const callback = await walk(provider, { code_challenge_method: 'plain' })
  expect([callback.get('error'), callback.get('code')]).toEqual(['invalid_request', null])
})

test('a code is valid for one minute and one use, and a second use ends the grant', async () => {
  await using provider = await createScriptedProvider()
  const late = (await walk(provider)).get('code')
  await provider.advanceTime(60_001)
  expect((await redeem(provider, late)).json['error']).toBe('invalid_grant')

  const code = (await walk(provider)).get('code')
  const told = await redeem(provider, code)
  expect((await redeem(provider, code)).json['error']).toBe('invalid_grant')
  expect((await askRefresh(provider, told.json['refresh_token'])).json['error']).toBe(
    'invalid_grant',
  )
  expect((await provider.family('f0')).revoked).toMatchObject({ cause: 'code_replay' })
})

test('a test can deny the consent or change the callback', async () => {
  await using provider = await createScriptedProvider({ namesIssuer: true })
  await provider.setConsent({ kind: 'error', error: 'access_denied', description: '<b>no</b>' })
  expect(Object.fromEntries(await walk(provider))).toMatchObject({
    error: 'access_denied',
    error_description: '<b>no</b>',
    state: 'the state',
  })
  await provider.setConsent({ kind: 'allow', params: { iss: 'https://evil.example', state: null } })
  const callback = await walk(provider)
  expect([callback.get('iss'), callback.get('state')]).toEqual(['https://evil.example', null])
})

test('a test can choose the account that gives its consent', async () => {
  await using provider = await createScriptedProvider()
  await provider.setAccount({ id: 'ada', email: 'ada@example.com', name: 'Ada' })
  const told = await redeem(provider, (await walk(provider)).get('code'))
  expect((await askUserinfo(provider, told.json['access_token'])).json['sub']).toBe('ada')
})

test('the client credentials grant gives an access token and no refresh token', async () => {
  await using provider = await createScriptedProvider()
  const told = await askToken(provider, { grant_type: 'client_credentials', scope: 'read' })
  expect(told.json).toMatchObject({ scope: 'read' })
  expect(told.json).not.toHaveProperty('refresh_token')
  expect((await askUserinfo(provider, told.json['access_token'])).status).toBe(200)
})

test('a client authenticates with Basic or in the body, and without a secret only if it is public', async () => {
  await using it = await withOneGrant({ profile: 'plain' })
  const { id, secret } = it.provider.client
  const body = `grant_type=refresh_token&refresh_token=${it.grant.refreshToken}`
  const ask = (headers: Record<string, string>, text: string) =>
    request(it.provider.endpoints.token, { method: 'POST', headers, body: text })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const basic = Buffer.from(`${id}:${secret}`).toString('base64')
  expect((await ask({ ...form, authorization: `Basic ${basic}` }, body)).statusCode).toBe(200)
  expect((await ask(form, `${body}&client_id=${id}&client_secret=no`)).statusCode).toBe(401)
  expect((await ask(form, `${body}&client_id=${id}`)).statusCode).toBe(401)
  const json = { client_id: id, client_secret: secret, grant_type: 'refresh_token' }
  const asJson = JSON.stringify({ ...json, refresh_token: it.grant.refreshToken })
  expect((await ask({ 'content-type': 'application/json' }, asJson)).statusCode).toBe(200)

  await using open = await withOneGrant({ profile: 'plain', clientAuthentication: 'none' })
  const told = await askRefresh(
    { ...open.provider, client: { ...open.provider.client, secret: '' } },
    open.grant.refreshToken,
  )
  expect(told.status).toBe(200)
})

test('the token endpoint refuses GET and parameters in the URL', async () => {
  await using it = await withOneGrant()
  const { id, secret } = it.provider.client
  const url = new URL(it.provider.endpoints.token)
  const params = { grant_type: 'refresh_token', refresh_token: it.grant.refreshToken }
  url.search = new URLSearchParams({ ...params, client_id: id, client_secret: secret }).toString()
  expect((await request(url)).statusCode).toBe(400)
  expect((await request(url, { method: 'POST' })).statusCode).toBe(401)
  expect((await it.family()).current).toBe(it.grant.refreshToken)
})

test('an idle connection is closed after the keep-alive time', async () => {
  await using it = await withOneGrant({ keepAliveMs: 100 })
  const text = refreshRequest(it.provider, it.grant.refreshToken).replace(': close', ': keep-alive')
  const { hostname, port } = new URL(it.provider.origin)
  const socket = connect({ host: hostname, port: Number(port) })
  const ended = once(socket, 'end')
  socket.write(text)
  await once(socket, 'data')
  const answered = performance.now()
  await ended
  expect(performance.now() - answered).toBeGreaterThan(50)
})

test('userinfo accepts an access token only between its start and its expiry', async () => {
  await using it = await withOneGrant({ accessTokenSeconds: 60, accessTokenSettlesMs: 2_000 })
  const ask = async () => (await askUserinfo(it.provider, it.grant.accessToken)).status
  expect(await ask()).toBe(401)
  await it.provider.advanceTime(2_000)
  expect(await ask()).toBe(200)
  await it.provider.advanceTime(58_000)
  expect(await ask()).toBe(401)
  expect((await askUserinfo(it.provider, 'made up')).status).toBe(401)
})

test('a grant ends when its user revokes it or after idleness, and keeps the first cause', async () => {
  await using it = await withOneGrant({ idleMs: 86_400_000 })
  await it.provider.advanceTime(86_000_000)
  const told = await it.refresh(it.grant.refreshToken)
  expect(told.status).toBe(200)
  await it.provider.advanceTime(86_400_001)
  expect((await it.refresh(told.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await it.family()).revoked).toMatchObject({ cause: 'idle' })

  const [other] = await it.provider.mintGrants(1)
  await it.provider.revokeGrant('f1')
  expect((await it.refresh(other?.refreshToken)).json['error']).toBe('invalid_grant')
  expect((await it.provider.family('f1')).revoked).toMatchObject({ cause: 'user' })
  await it.provider.revokeGrant('f1', 'idle')
  expect((await it.provider.family('f1')).revoked).toMatchObject({ cause: 'user' })
})

test('the settings decide whether a revocation ends the grant or only the token; unknown and ended tokens are accepted', async () => {
  await using wide = await withOneGrant()
  expect((await revoke(wide.provider, 'made up')).status).toBe(200)
  const told = await wide.refresh(wide.grant.refreshToken)
  expect((await revoke(wide.provider, wide.grant.refreshToken)).status).toBe(200)
  expect((await wide.family()).revoked).toBeNull()
  await revoke(wide.provider, told.json['access_token'])
  expect((await wide.family()).revoked).toMatchObject({ cause: 'revocation_endpoint' })

  await using narrow = await withOneGrant({ revocationReach: 'token' })
  await revoke(narrow.provider, narrow.grant.accessToken)
  expect((await narrow.family()).revoked).toBeNull()
  expect((await askUserinfo(narrow.provider, narrow.grant.accessToken)).status).toBe(401)
  expect((await narrow.refresh(narrow.grant.refreshToken)).status).toBe(200)
})

function revoke(provider: ScriptedProvider, token: unknown) {
  const { id, secret } = provider.client
  const params = { token: String(token), client_id: id, client_secret: secret }
  return post(provider.endpoints.revoke, params)
}
