import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExchangeOutcome } from '../../../src/core/connect/flow.ts'
import {
  ACCOUNT,
  type IdentityProvider,
  startIdentityProvider,
} from '../../identity-provider/identity-provider.ts'
import { beginAt, COMMON, consentTo, endpointFor, redeem, refreshWith } from '../endpoint-kit.ts'

let idp: IdentityProvider
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(async () => {
  await idp[Symbol.asyncDispose]()
})

const at = (more = {}, secrets = [idp.clientSecret]) =>
  endpointFor({ issuer: idp.issuer, clientId: idp.clientId, ...more }, { secrets })

function granted(outcome: ExchangeOutcome) {
  if (outcome.kind !== 'ok') throw new Error(outcome.kind)
  const { tokens } = outcome
  if (tokens.refreshToken === null) throw new Error('no refresh token')
  return { ...outcome, tokens, refreshToken: tokens.refreshToken }
}

async function connect(party: Awaited<ReturnType<typeof endpointFor>>) {
  const begun = await beginAt(party)
  return granted(await redeem(party.endpoint, begun, await consentTo(begun.url)))
}

test('the authorization request carries PKCE S256, state, nonce and consent for offline access', async () => {
  const { query, verifier, nonce } = await beginAt(await at())
  expect(query.get('code_challenge_method')).toBe('S256')
  expect(query.get('code_challenge')).toMatch(/^[\w-]{43}$/)
  expect(verifier.expose()).toMatch(/^[\w-]{43,128}$/)
  expect(query.get('state')).toBe('state-1')
  expect(query.get('nonce')).toBe(nonce?.expose())
  expect(query.get('prompt')).toBe('consent')
  expect(query.get('scope')).toBe('openid offline_access email profile')
})

test("the operator's authorizationParams and scopes replace the defaults", async () => {
  const settings = { authorizationParams: { prompt: 'select_account consent' } }
  expect((await beginAt(await at(settings))).query.get('prompt')).toBe('select_account consent')
  const modest = await beginAt(await at({ scopes: ['openid'] }))
  expect(modest.query.has('prompt')).toBe(false)
})

test('a user is connected by code, id token and userinfo', async () => {
  const { tokens, account, sentAt } = await connect(await at())
  expect(account).toEqual({ ...ACCOUNT, emailVerified: true })
  expect(tokens).toMatchObject({ tokenType: 'Bearer', expiresInSeconds: 30 })
  expect([...(tokens.scope ?? [])].toSorted()).toEqual([
    'email',
    'offline_access',
    'openid',
    'profile',
  ])
  expect(Date.now() - sentAt).toBeLessThan(10_000)
})

test('a refresh rotates the token, and a later use of the old token ends the grant', async () => {
  const party = await at()
  const first = await connect(party)
  const second = await refreshWith(party.endpoint, first.refreshToken)
  if (second.kind !== 'ok' || second.tokens.refreshToken === null) throw new Error(second.kind)
  expect(second.tokens.refreshToken.expose()).not.toBe(first.refreshToken.expose())
  const identified = await party.endpoint.identify({
    ...COMMON,
    providerData: {},
    accessToken: second.tokens.accessToken,
  })
  expect(identified).toMatchObject({ kind: 'ok', account: ACCOUNT })
  const spent = await refreshWith(party.endpoint, first.refreshToken)
  expect(spent).toEqual({ kind: 'grant_dead', detail: 'invalid_grant' })
  const family = await refreshWith(party.endpoint, second.tokens.refreshToken)
  expect(family).toEqual({ kind: 'grant_dead', detail: 'invalid_grant' })
})

test('a revocation ends the grant, and a repeated revocation succeeds', async () => {
  const party = await at()
  const { tokens, refreshToken } = await connect(party)
  const revocation = {
    id: 'rev_1',
    ...COMMON,
    providerData: {},
    refreshToken,
    accessToken: tokens.accessToken,
    attempts: 0,
    createdAt: 0,
    dueAt: 0,
  }
  expect(await party.endpoint.revoke(revocation)).toEqual({ kind: 'revoked' })
  expect(await refreshWith(party.endpoint, refreshToken)).toMatchObject({ kind: 'grant_dead' })
  expect(await party.endpoint.revoke(revocation)).toEqual({ kind: 'revoked' })
})

test("a refusal by the user is returned with the provider's error code", async () => {
  const party = await at()
  const begun = await beginAt(party)
  const outcome = await redeem(party.endpoint, begun, await consentTo(begun.url, { deny: true }))
  expect(outcome).toEqual({ kind: 'refused', error: 'access_denied' })
})

test('a code can be exchanged only once', async () => {
  const party = await at()
  const begun = await beginAt(party)
  const callback = await consentTo(begun.url)
  expect(await redeem(party.endpoint, begun, callback)).toMatchObject({ kind: 'ok' })
  expect(await redeem(party.endpoint, begun, callback)).toEqual({
    kind: 'code_rejected',
    detail: 'invalid_grant',
  })
})

test('a code is rejected with the verifier of another flow', async () => {
  const party = await at()
  const begun = await beginAt(party)
  const other = await beginAt(party)
  const callback = await consentTo(begun.url)
  const outcome = await redeem(party.endpoint, { ...begun, verifier: other.verifier }, callback)
  expect(outcome).toMatchObject({ kind: 'code_rejected' })
})

test('an id token with the nonce of another flow makes the code exchange untrusted', async () => {
  const party = await at()
  const begun = await beginAt(party)
  const other = await beginAt(party)
  const callback = await consentTo(begun.url)
  const outcome = await redeem(party.endpoint, { ...begun, nonce: other.nonce }, callback)
  expect(outcome).toEqual({
    kind: 'untrusted',
    detail: 'the claim nonce of the id token is not the one that was sent',
  })
})

test('no code is redeemed if `iss` names another issuer, or is missing although the metadata promises it', async () => {
  const party = await at()
  const begun = await beginAt(party)
  const { iss: _iss, ...without } = await consentTo(begun.url)
  const before = idp.tokenRequests.length
  const wrong = { ...without, iss: 'https://evil.example' }
  expect(await redeem(party.endpoint, begun, wrong)).toMatchObject({ kind: 'untrusted' })
  expect(await redeem(party.endpoint, begun, without)).toMatchObject({ kind: 'untrusted' })
  expect(idp.tokenRequests.length).toBe(before)
})

test('overlapping client secrets are tried until one is accepted, and no grant is lost', async () => {
  const old = idp.clientSecret
  idp.changeClientSecret('n'.repeat(40))
  const party = await at({}, [old, 'n'.repeat(40)])
  const first = await connect(party)
  expect(await refreshWith(party.endpoint, first.refreshToken)).toMatchObject({ kind: 'ok' })
  const wrong = await at({}, ['wrong-1', 'wrong-2'])
  const before = idp.tokenRequests.length
  const outcome = await refreshWith(wrong.endpoint, first.refreshToken)
  expect(outcome).toEqual({ kind: 'client_config', detail: 'invalid_client' })
  expect(idp.tokenRequests.length - before).toBe(2)
})

test('a connection can use its own client', async () => {
  const party = await endpointFor({ issuer: idp.issuer, clientId: 'another' })
  const own = await at()
  const client = { id: idp.clientId, secret: null }
  const begun = await beginAt(party, { client })
  expect(begun.query.get('client_id')).toBe(idp.clientId)
  expect(party.endpoint.clientName(COMMON.provider, client)).toBe(
    own.endpoint.clientName(COMMON.provider, null),
  )
})

test('a provider that is described only by its endpoints is connected without an id token', async () => {
  const party = await at({
    issuer: undefined,
    authorizationEndpoint: `${idp.issuer}/auth`,
    tokenEndpoint: `${idp.issuer}/token`,
    userinfoEndpoint: `${idp.issuer}/me`,
    scopes: ['openid', 'email', 'profile', 'offline_access'],
    authorizationParams: { prompt: 'consent' },
  })
  const begun = await beginAt(party)
  expect(begun.nonce).toBeNull()
  const outcome = granted(await redeem(party.endpoint, begun, await consentTo(begun.url)))
  expect(outcome.account).toEqual({ ...ACCOUNT, emailVerified: true })
})

test('a refresh is not_sent while the provider is down, and succeeds afterwards', async () => {
  const party = await at()
  const { refreshToken } = await connect(party)
  await idp.stop()
  expect(await refreshWith(party.endpoint, refreshToken)).toMatchObject({ kind: 'not_sent' })
  await expect(beginAt(await at())).rejects.toMatchObject({ code: 'provider_unavailable' })
  await idp.start()
  expect(await refreshWith(party.endpoint, refreshToken)).toMatchObject({ kind: 'ok' })
})
