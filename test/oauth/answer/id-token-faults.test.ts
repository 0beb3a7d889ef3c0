import { describe, expect, test } from 'vitest'
import { beginAt, endpointFor, redeem } from '../endpoint-kit.ts'
import { type Claims, claimsFor, jwt, KEYS, startSigningProvider } from './signing-provider.ts'

const now = Math.floor(Date.now() / 1000)

type Provider = Awaited<ReturnType<typeof startSigningProvider>>
type Party = Awaited<ReturnType<typeof endpointFor>>

async function connect(
  { party, provider }: { party: Party; provider: Provider },
  make: (claims: Claims) => string | undefined,
) {
  const begun = await beginAt(party)
  const nonce = begun.nonce?.expose() ?? ''
  provider.script.idToken = (issuer) => make(claimsFor(issuer, { nonce }))
  return redeem(party.endpoint, begun, { code: 'c', state: 's' })
}

async function connectOnce(make: (claims: Claims) => string | undefined) {
  await using provider = await startSigningProvider()
  const party = await endpointFor({ issuer: provider.issuer })
  // Await the outcome before the provider is closed.
  const outcome = await connect({ party, provider }, make)
  return outcome
}

test.each<[string, Claims]>([
  ['nbf 45 s ahead', { nbf: now + 45 }],
  ['iat 45 s ahead', { iat: now + 45 }],
  ['nbf and iat 110 s ahead', { iat: now + 110, nbf: now + 110 }],
  ['an expiry 60 s ago', { iat: now - 360, exp: now - 60 }],
])(
  'an id token with %s is accepted, because clocks may differ by two minutes',
  async (_, claims) => {
    expect(await connectOnce((good) => jwt({ ...good, ...claims }))).toMatchObject({ kind: 'ok' })
  },
)

test.each<[string, RegExp, Claims | ((good: Claims) => string | undefined)]>([
  ['no value at all', /no id token: the scope openid/, () => undefined],
  ['no JWT', /not a JSON Web Token/, () => 'nonsense'],
  ['encrypted content', /encrypted/, () => 'a.b.c.d.e'],
  ['HS256', /\(HS256\) that is not accepted: use RS256/, (good) => jwt(good, { alg: 'HS256' })],
  ['another nonce', /claim nonce /, { nonce: 'other' }],
  ['another audience', /claim aud /, { aud: 'client-2' }],
  ['two audiences', /claim azp /, { aud: ['client-1', 'client-2'] }],
  ['another authorized party', /claim azp /, { azp: 'client-2' }],
  ['another issuer', /claim iss /, { iss: 'https://evil.example' }],
  ['no subject', /claim sub .* missing/, { sub: undefined }],
  ['a number as subject', /claim sub /, { sub: 7 }],
  ['no expiry', /claim exp .* missing/, { exp: undefined }],
  ['text as expiry', /claim exp .* no number/, { exp: 'soon' }],
  ['an expiry in the past', /claim exp .* 60 minutes in the past: compare the clocks/, PAST()],
  ['nbf ten minutes ahead', /claim nbf .* 10 minutes in the future: compare the cl/, AHEAD()],
  ['a foreign signature', /no key of the issuer/, (good) => jwt(good, {}, KEYS.foreign)],
])('an id token with %s is rejected, and the error names the fault', async (_, detail, what) => {
  const make = typeof what === 'function' ? what : (good: Claims) => jwt({ ...good, ...what })
  const outcome = await connectOnce(make)
  expect(outcome).toEqual({ kind: 'untrusted', detail: expect.stringMatching(detail) })
  expect(JSON.stringify(outcome)).not.toMatch(/acc-1|client-2|evil|eyJ/)
})

function PAST(): Claims {
  return { exp: now - 3600, iat: now - 7200 }
}

function AHEAD(): Claims {
  return { nbf: now + 600 }
}

describe('changed keys of an issuer', () => {
  test.each(['k2', 'k1'])(
    'changed keys of an issuer are fetched again at once if the new key has the id %s',
    async (kid) => {
      await using provider = await startSigningProvider()
      const party = await endpointFor({ issuer: provider.issuer })
      const at = { party, provider }
      expect(await connect(at, (good) => jwt(good))).toMatchObject({ kind: 'ok' })
      provider.script.key = { kid, privateKey: KEYS.foreign }
      const signed = (good: Claims) => jwt(good, { kid }, KEYS.foreign)
      expect(await connect(at, signed)).toMatchObject({ kind: 'ok' })
      expect(await connect(at, signed)).toMatchObject({ kind: 'ok' })
      expect(provider.asked.filter((path) => path === '/jwks')).toHaveLength(2)
    },
  )

  test("ten id tokens with an unknown key id make Larder fetch the issuer's keys again only once", async () => {
    await using provider = await startSigningProvider()
    const party = await endpointFor({ issuer: provider.issuer })
    const at = { party, provider }
    for (let again = 0; again < 10; again++) {
      const outcome = await connect(at, (good) => jwt(good, { kid: 'k9' }, KEYS.foreign))
      expect(outcome).toMatchObject({ kind: 'untrusted' })
    }
    expect(provider.asked.filter((path) => path === '/jwks')).toHaveLength(2)
    expect(await connect(at, (good) => jwt(good))).toMatchObject({ kind: 'ok' })
  })

  test("a code exchange ends as unavailable, with the reason, if the issuer's keys cannot be fetched", async () => {
    await using provider = await startSigningProvider()
    provider.script.jwksStatus = 503
    const party = await endpointFor({ issuer: provider.issuer })
    expect(await connect({ party, provider }, (good) => jwt(good))).toMatchObject({
      kind: 'unavailable',
      detail: 'the keys of the issuer cannot be fetched: the status is 503',
    })
  })
})
