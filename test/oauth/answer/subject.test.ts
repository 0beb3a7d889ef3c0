import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { beginAt, COMMON, endpointFor, redeem, refreshWith } from '../endpoint-kit.ts'
import { type Claims, claimsFor, jwt, startSigningProvider } from './signing-provider.ts'

async function openParty(settings: object = {}) {
  const provider = await startSigningProvider()
  const party = await endpointFor({ issuer: provider.issuer, ...settings })
  return { provider, party, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() }
}

async function connectAt(
  { provider, party }: Awaited<ReturnType<typeof openParty>>,
  more: Claims = {},
) {
  const begun = await beginAt(party)
  const nonce = begun.nonce?.expose()
  provider.script.idToken = (issuer) => jwt(claimsFor(issuer, { nonce, ...more }))
  return redeem(party.endpoint, begun, { code: 'c', state: 's' })
}

test.each([
  ['no sub', { email: 'eve@example.com' }],
  ['an empty sub', { sub: '', email: 'eve@example.com' }],
  ['a sub that is a number', { sub: 1, email: 'eve@example.com' }],
  ['sub null', { sub: null, email: 'eve@example.com' }],
])('userinfo with %s is ignored at an OpenID provider', async (_case, body) => {
  await using at = await openParty()
  at.provider.script.userinfo = { status: 200, body }
  expect(await connectAt(at)).toMatchObject({
    kind: 'ok',
    account: { id: 'acc-1', email: null },
  })
  const question = { ...COMMON, providerData: {}, accessToken: new Secret('at') }
  expect(await at.party.endpoint.identify(question)).toEqual({ kind: 'unknown' })
})

test('userinfo with another sub is rejected even if the account id is another claim', async () => {
  await using at = await openParty({
    accountFromIdToken: { id: 'oid' },
    account: { id: 'oid', email: 'email' },
  })
  at.provider.script.userinfo = { status: 200, body: { sub: 'acc-2', oid: 'o', email: 'e@v.e' } }
  expect(await connectAt(at, { oid: 'o' })).toMatchObject({ kind: 'untrusted' })
})

test.each([
  ['a single audience', { azp: 'client-2' }],
  ['a list of one audience', { aud: ['client-1'], azp: 'client-2' }],
  ['several audiences', { aud: ['client-1', 'client-2'], azp: 'client-2' }],
  ['an empty name', { azp: '' }],
])('an id token with a foreign azp is rejected: %s', async (_case, claims) => {
  await using at = await openParty()
  expect(await connectAt(at, claims)).toMatchObject({ kind: 'untrusted' })
  expect(await connectAt(at, { azp: 'client-1' })).toMatchObject({ kind: 'ok' })
})

const FOREIGN: [string, (issuer: string) => Claims][] = [
  ['sub', () => ({ sub: 'acc-2' })],
  ['issuer', () => ({ iss: 'https://evil.example' })],
  ['issuer with an extra slash', (issuer) => ({ iss: `${issuer}/` })],
  ['audience', () => ({ aud: 'client-2' })],
  ['authorized party', () => ({ azp: 'client-2' })],
  ['user because it has no sub', () => ({ sub: undefined })],
]

test.each(FOREIGN)(
  'a refresh whose id token names another %s stores the rotated refresh token and serves no token',
  async (_what, foreign) => {
    await using at = await openParty()
    const connected = await connectAt(at)
    if (connected.kind !== 'ok') throw new Error(connected.kind)
    const { providerData } = connected.tokens
    at.provider.script.idToken = (issuer) => jwt(claimsFor(issuer, foreign(issuer)))
    const refused = await refreshWith(at.party.endpoint, 'rt-0', { providerData })
    expect(refused).toMatchObject({ kind: 'unknown_refusal', evidence: 'none' })
    if (refused.kind !== 'unknown_refusal') throw new Error(refused.kind)
    expect(refused.salvaged?.expose()).toBe('rt')
    expect(JSON.stringify(refused)).not.toMatch(/acc-2|evil|client-2/)

    // The tokens stay unserved until an id token names the right user again.
    const disputed = { ...providerData, ...refused.providerData }
    at.provider.script.idToken = () => undefined
    const unnamed = await refreshWith(at.party.endpoint, 'rt-0', { providerData: disputed })
    expect(unnamed).toMatchObject({ kind: 'unknown_refusal', evidence: 'none' })
    at.provider.script.idToken = (issuer) => jwt(claimsFor(issuer))
    const proven = await refreshWith(at.party.endpoint, 'rt-0', { providerData: disputed })
    if (proven.kind !== 'ok') throw new Error(proven.kind)
    at.provider.script.idToken = () => undefined
    const after = { ...disputed, ...proven.tokens.providerData }
    expect(await refreshWith(at.party.endpoint, 'rt-0', { providerData: after })).toMatchObject({
      kind: 'ok',
    })
  },
)

test('the first id token of an imported grant fixes the subject for later id tokens', async () => {
  await using at = await openParty()
  at.provider.script.idToken = (issuer) => jwt(claimsFor(issuer))
  const first = await refreshWith(at.party.endpoint, 'rt-0')
  if (first.kind !== 'ok') throw new Error(first.kind)
  at.provider.script.idToken = (issuer) => jwt(claimsFor(issuer, { sub: 'acc-2' }))
  const { providerData } = first.tokens
  expect(await refreshWith(at.party.endpoint, 'rt-1', { providerData })).toMatchObject({
    kind: 'unknown_refusal',
  })
  const question = { ...COMMON, providerData: {}, accessToken: new Secret('at') }
  const asked = await at.party.endpoint.identify(question)
  if (asked.kind !== 'ok') throw new Error(asked.kind)
  expect(
    await refreshWith(at.party.endpoint, 'rt-1', { providerData: asked.providerData }),
  ).toMatchObject({ kind: 'unknown_refusal' })
})
