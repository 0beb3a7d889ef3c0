import { expect, test } from 'vitest'
import { Discovery } from '../../../src/oauth/request/discovery.ts'
import { openEgress } from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { startRawServer } from '../../odd-servers/raw-server.ts'
import { beginAt, endpointFor, redeem } from '../endpoint-kit.ts'
import { claimsFor, jwt, startSigningProvider } from '../answer/signing-provider.ts'

const WANTED = { reach: 'loopback', accepts: () => true, withinMs: 5_000 } as const

const none = () => false
const addressesOf = async () => [{ address: '127.0.0.1', family: 4 }]

async function open() {
  return new Discovery(await openEgress({ clock: systemClock }), systemClock)
}

test('a request waits for slow metadata of an issuer until the deadline of the call', async () => {
  await using silent = await startRawServer(() => {})
  const discovery = await open()
  const begun = performance.now()
  const issuer = `http://127.0.0.1:${silent.port}`
  const found = await discovery.metadata(issuer, { ...WANTED, withinMs: 100 })
  expect(found.kind).toBe('unavailable')
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test("cached metadata is used for another provider only if that provider's own rules accept the metadata", async () => {
  await using issuing = await startSigningProvider()
  issuing.script.metadata = { issuer: 'https://idp.example/{tenant}' }
  const discovery = await open()
  const ask = (accepts: (issuer: string) => boolean) =>
    discovery.metadata(issuing.issuer, { ...WANTED, accepts })
  const strict = (issuer: string) => issuer === issuing.issuer
  expect((await ask(() => true)).kind).toBe('ok')
  expect((await ask(strict)).kind).toBe('misconfigured')
  expect((await ask(() => true)).kind).toBe('ok')
  expect(issuing.asked).toHaveLength(1)
})

test.each([
  ['/tenant', '/tenant/.well-known/openid-configuration'],
  ['', '/.well-known/oauth-authorization-server'],
  ['/', '/.well-known/oauth-authorization-server'],
  ['/tenant/1', '/.well-known/oauth-authorization-server/tenant/1'],
  ['/tenant', '/.well-known/openid-configuration/tenant'],
  ['/tenant', '/tenant/.well-known/oauth-authorization-server'],
])('the metadata of an issuer with the path "%s" is found at %s', async (path, metadataAt) => {
  await using issuing = await startSigningProvider()
  Object.assign(issuing.script, { path, metadataAt })
  const issuer = `${issuing.issuer}${path}`
  const discovery = await open()
  const accepts = (named: string) => named === issuer
  expect(await discovery.metadata(issuer, { ...WANTED, accepts })).toMatchObject({
    kind: 'ok',
    metadata: { issuer },
  })
  const count = issuing.asked.length
  await discovery.metadata(issuer, { ...WANTED, accepts })
  expect(issuing.asked).toHaveLength(count)
})

test('an issuer without metadata, or with metadata of another issuer, is misconfigured', async () => {
  await using issuing = await startSigningProvider()
  Object.assign(issuing.script, { metadataAt: '/nowhere' })
  const discovery = await open()
  expect(await discovery.metadata(issuing.issuer, WANTED)).toMatchObject({ kind: 'misconfigured' })
  Object.assign(issuing.script, { metadataAt: '/.well-known/oauth-authorization-server' })
  expect(await discovery.metadata(issuing.issuer, { ...WANTED, accepts: none })).toMatchObject({
    kind: 'misconfigured',
  })
})

test('a server with only RFC 8414 metadata connects a user without an id token', async () => {
  await using issuing = await startSigningProvider()
  issuing.script.metadataAt = '/.well-known/oauth-authorization-server'
  issuing.script.metadata = { id_token_signing_alg_values_supported: undefined }
  issuing.script.idToken = () => undefined
  const settings = { issuer: issuing.issuer, scopes: ['read'], identityScopes: [] }
  const party = await endpointFor(settings)
  const begun = await beginAt(party)
  expect(begun.query.get('nonce')).toBeNull()
  expect(begun.query.get('code_challenge_method')).toBe('S256')
  expect(begun.query.get('scope')).toBe('read')
  const outcome = await redeem(party.endpoint, begun, { code: 'c', state: 'state-1' })
  expect(outcome).toMatchObject({ kind: 'ok', account: { id: 'acc-1', name: 'Ada' } })
})

test('an id token is required if RFC 8414 metadata promises id tokens', async () => {
  await using issuing = await startSigningProvider()
  issuing.script.metadataAt = '/.well-known/oauth-authorization-server'
  issuing.script.idToken = () => undefined
  const party = await endpointFor({ issuer: issuing.issuer })
  const begun = await beginAt(party)
  const outcome = await redeem(party.endpoint, begun, { code: 'c', state: 'state-1' })
  expect(outcome).toMatchObject({ kind: 'untrusted' })
})

test('an issuer at a named private host is reached by plain http with allowPlainHttp', async () => {
  await using issuing = await startSigningProvider()
  const { port } = new URL(issuing.issuer)
  const issuer = `http://keycloak:${port}`
  issuing.script.metadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/me`,
  }
  issuing.script.idToken = () => jwt(claimsFor(issuer))
  const party = await endpointFor({ issuer, nonce: 'omit', allowPlainHttp: true }, { addressesOf })
  const begun = await beginAt(party)
  expect(begun.url).toMatch(`${issuer}/auth?`)
  const outcome = await redeem(party.endpoint, begun, { code: 'c', state: 'state-1' })
  expect(outcome).toMatchObject({ kind: 'ok', account: { id: 'acc-1' } })
})
