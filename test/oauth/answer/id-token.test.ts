import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { beginAt, endpointFor, redeem } from '../endpoint-kit.ts'
import { type Claims, claimsFor, jwt, KEYS, startSigningProvider } from './signing-provider.ts'

type Provider = Awaited<ReturnType<typeof startSigningProvider>>

/** Connects with an id token that `make` builds from the issuer and the nonce of the flow. */
async function connectWith(
  make: (issuer: string, nonce: string) => string | undefined,
  more: { settings?: (provider: Provider) => object; prepare?: (provider: Provider) => void } = {},
) {
  await using provider = await startSigningProvider()
  more.prepare?.(provider)
  const settings = more.settings?.(provider) ?? { issuer: provider.issuer }
  const party = await endpointFor({ ...settings })
  const begun = await beginAt(party)
  provider.script.idToken = (issuer) => make(issuer, begun.nonce?.expose() ?? '')
  const outcome = await redeem(party.endpoint, begun, { code: 'c', state: 's' })
  return { outcome, asked: [...provider.asked] }
}

const good = (issuer: string, nonce: string) => jwt(claimsFor(issuer, { nonce }))
const withEmail = (issuer: string, nonce: string) =>
  jwt(claimsFor(issuer, { nonce, email: 'a@b.c' }))

const now = Math.floor(Date.now() / 1000)

test('the account id comes from the id token, and the e-mail from userinfo', async () => {
  const { outcome } = await connectWith(good)
  expect(outcome).toMatchObject({
    kind: 'ok',
    account: { id: 'acc-1', email: 'ada@example.com', name: 'Ada' },
  })
})

test.each<[string, (issuer: string, nonce: string) => string | undefined]>([
  ['no value at all', () => undefined],
  ['no JWT', () => 'nonsense'],
  ['the nonce of another flow', (iss) => jwt(claimsFor(iss, { nonce: 'other' }))],
  ['no nonce', (iss) => jwt(claimsFor(iss))],
  ['another audience', (iss, nonce) => jwt(claimsFor(iss, { nonce, aud: 'client-2' }))],
  [
    'several audiences and no authorised party',
    (iss, nonce) => jwt(claimsFor(iss, { nonce, aud: ['client-1', 'client-2'] })),
  ],
  ['another issuer', (_iss, nonce) => jwt(claimsFor('https://evil.example', { nonce }))],
  ['an issuer with an extra slash', (iss, nonce) => jwt(claimsFor(`${iss}/`, { nonce }))],
  [
    'an expiry in the past',
    (iss, nonce) => jwt(claimsFor(iss, { nonce, exp: now - 3600, iat: now - 7200 })),
  ],
  ['no expiry', (iss, nonce) => jwt(claimsFor(iss, { nonce, exp: undefined }))],
  ['no subject', (iss, nonce) => jwt(claimsFor(iss, { nonce, sub: undefined }))],
  [
    'alg none, which the metadata lists',
    (iss, nonce) => jwt(claimsFor(iss, { nonce }), { alg: 'none' }),
  ],
  [
    'a symmetric signature, which the metadata lists',
    (iss, nonce) => {
      const [head, body] = jwt(claimsFor(iss, { nonce }), { alg: 'HS256' }).split('.')
      const mac = createHmac('sha256', 's3cret').update(`${head}.${body}`).digest('base64url')
      return `${head}.${body}.${mac}`
    },
  ],
  [
    'the signature of another key',
    (iss, nonce) => jwt(claimsFor(iss, { nonce }), {}, KEYS.foreign),
  ],
  ['an unknown key', (iss, nonce) => jwt(claimsFor(iss, { nonce }), { kid: 'k9' })],
  [
    'claims changed after signing',
    (iss, nonce) => {
      const [head, , mac] = jwt(claimsFor(iss, { nonce })).split('.')
      const body = Buffer.from(JSON.stringify(claimsFor(iss, { nonce, sub: 'victim' }))).toString(
        'base64url',
      )
      return `${head}.${body}.${mac}`
    },
  ],
])('an id token with %s is rejected, and userinfo is not requested', async (_what, make) => {
  const { outcome, asked } = await connectWith(make)
  expect(outcome.kind).toBe('untrusted')
  expect(JSON.stringify(outcome)).not.toMatch(/acc-1|victim|eyJ/)
  expect(asked).not.toContain('/me')
})

test('userinfo with another sub than the id token makes the code exchange untrusted', async () => {
  const { outcome } = await connectWith(good, {
    prepare: ({ script }) => {
      script.userinfo = { status: 200, body: { sub: 'acc-2', email: 'eve@example.com' } }
    },
  })
  expect(outcome).toMatchObject({ kind: 'untrusted' })
})

test('userinfo is not requested if the id token contains e-mail and name', async () => {
  const { outcome, asked } = await connectWith((issuer, nonce) =>
    jwt(claimsFor(issuer, { nonce, email: 'a@b.c', name: 'Ann' })),
  )
  expect(outcome).toMatchObject({
    kind: 'ok',
    account: { id: 'acc-1', email: 'a@b.c', name: 'Ann' },
  })
  expect(asked).not.toContain('/me')
})

test('userinfo supplies a name that the id token lacks, and a connect succeeds if userinfo fails', async () => {
  expect((await connectWith(withEmail)).outcome).toMatchObject({
    kind: 'ok',
    account: { id: 'acc-1', email: 'a@b.c', name: 'Ada' },
  })
  const quiet = await connectWith(withEmail, {
    prepare: ({ script }) => {
      script.userinfo = { status: 503, body: {} }
    },
  })
  expect(quiet.outcome).toMatchObject({ kind: 'ok', account: { email: 'a@b.c', name: null } })
})

test("a connect succeeds if userinfo fails, and ends as unavailable if the issuer's keys cannot be fetched", async () => {
  const quiet = await connectWith(good, {
    prepare: ({ script }) => {
      script.userinfo = { status: 503, body: {} }
    },
  })
  expect(quiet.outcome).toMatchObject({ kind: 'ok', account: { id: 'acc-1', email: null } })
  const keyless = await connectWith(good, {
    prepare: ({ script }) => {
      script.jwksStatus = 503
    },
  })
  expect(keyless.outcome).toMatchObject({ kind: 'unavailable', tokens: { tokenType: 'Bearer' } })
})

test('metadata that names another issuer is not used, and no secret is sent', async () => {
  await using provider = await startSigningProvider()
  provider.script.metadata = { issuer: `${provider.issuer}/` }
  const party = await endpointFor({ issuer: provider.issuer })
  await expect(beginAt(party)).rejects.toMatchObject({ code: 'provider_misconfigured' })
  expect(provider.asked).toEqual(['/.well-known/openid-configuration'])
})

test('metadata is fetched once for 20 parallel requests, even if lists in it are malformed', async () => {
  await using provider = await startSigningProvider()
  provider.script.metadata = {
    id_token_signing_alg_values_supported: 'RS256',
    token_endpoint_auth_methods_supported: { basic: true },
  }
  const party = await endpointFor({ issuer: provider.issuer })
  await Promise.all(Array.from({ length: 20 }, () => beginAt(party)))
  expect(provider.asked).toHaveLength(1)
})

test('metadata of a loopback issuer is rejected if its token endpoint is at a private address', async () => {
  await using provider = await startSigningProvider()
  provider.script.metadata = { token_endpoint: 'http://10.0.0.8/token' }
  const party = await endpointFor({ issuer: provider.issuer })
  await expect(beginAt(party)).rejects.toMatchObject({ code: 'provider_misconfigured' })
})

const TENANT = '11111111-2222-3333-4444-555555555555'
const OTHER_TENANT = '99999999-2222-3333-4444-555555555555'

/** Microsoft's preset with the endpoints on this machine; issuers stay as they are. */
const microsoft =
  (tenant: string) =>
  ({ issuer }: Provider) => ({
    preset: 'microsoft',
    tenant,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    userinfoEndpoint: `${issuer}/me`,
    jwksUri: `${issuer}/jwks`,
  })

const tenantIssuer = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`

test.each<[string, string, Claims, string]>([
  ['any tenant', 'common', { iss: tenantIssuer(TENANT), tid: TENANT }, 'ok'],
  ['a domain', 'contoso.com', { iss: tenantIssuer(TENANT), tid: TENANT }, 'ok'],
  ['its own tenant', TENANT, { iss: tenantIssuer(TENANT), tid: TENANT }, 'ok'],
  [
    'another tenant than the one configured',
    TENANT,
    { iss: tenantIssuer(OTHER_TENANT), tid: OTHER_TENANT },
    'untrusted',
  ],
  [
    'a claim that contradicts the issuer',
    'common',
    { iss: tenantIssuer(TENANT), tid: OTHER_TENANT },
    'untrusted',
  ],
  ['no tenant claim', 'common', { iss: tenantIssuer(TENANT) }, 'untrusted'],
  ['a placeholder', 'common', { iss: tenantIssuer('{tenantid}'), tid: '{tenantid}' }, 'untrusted'],
  [
    'a tenant that breaks out of its place',
    'common',
    { iss: 'https://login.microsoftonline.com/x/../evil/v2.0', tid: 'x/../evil' },
    'untrusted',
  ],
  [
    'another host',
    'common',
    { iss: `https://evil.example/${TENANT}/v2.0`, tid: TENANT },
    'untrusted',
  ],
])(
  'the Microsoft preset checks the tenant in the issuer of an id token: %s',
  async (_what, tenant, claims, expected) => {
    const { outcome } = await connectWith(
      (_issuer, nonce) => jwt(claimsFor('', { nonce, ...claims })),
      { settings: microsoft(tenant) },
    )
    expect(outcome.kind).toBe(expected)
  },
)
