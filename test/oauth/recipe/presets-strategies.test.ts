import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from 'node:crypto'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { exchangeCode, type Party, refreshOnce, speak, token } from '../dialect-kit.ts'
import { refreshWith } from '../endpoint-kit.ts'

const pemOf = ({ privateKey }: { readonly privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

const EC = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const RSA = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))
const ED = pemOf(generateKeyPairSync('ed25519'))

const refreshTwice = async (party: Party) => [await refreshOnce(party), await refreshOnce(party)]

const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())

function read(jwt: string, pem: string) {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const key = { key: createPublicKey(pem), dsaEncoding: 'ieee-p1363' as const }
  const digest = pem === ED ? null : 'sha256'
  const signed = Buffer.from(`${header}.${claims}`)
  return {
    valid: verify(digest, signed, key, Buffer.from(signature, 'base64url')),
    header: json(header),
    claims: json(claims),
  }
}

const signedSecret = () => ({
  params: {
    team: { description: 'x', pattern: '\\w+', setBy: 'operator' },
    key: { description: 'x', pattern: '\\w+', setBy: 'operator' },
  },
  team: 'TEAM',
  key: 'KEY',
  clientAuth: {
    strategy: 'signed-secret',
    with: { issuer: '{team}', audience: 'https://idp.example', keyId: '{key}' },
  },
})

test('the client secret of a token request is a signed JWT', async () => {
  const { requests } = await speak(signedSecret, token(), exchangeCode, [EC])
  const { form = {} } = requests[0] ?? {}
  const { valid, header, claims } = read(form['client_secret'] ?? '', EC)
  expect(valid).toBe(true)
  expect(header).toEqual({ alg: 'ES256', kid: 'KEY' })
  const iat = expect.any(Number)
  expect(claims).toEqual({
    iss: 'TEAM',
    sub: 'client-1',
    aud: 'https://idp.example',
    iat,
    exp: iat,
  })
  expect(claims.exp - claims.iat).toBe(60)
  expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(60)
  expect(form).toMatchObject({ client_id: 'client-1' })
  expect(form).not.toHaveProperty('client_assertion')
  expect(form).not.toHaveProperty('client_assertion_type')
})

test.each([
  ['RS256', RSA],
  ['ES256', EC],
  ['Ed25519', ED],
])('a private key authenticates the client (RFC 7523) with %s', async (alg, pem) => {
  const clientAuth = { strategy: 'private-key-jwt', with: { keyId: 'k1', thumbprint: 'abc' } }
  const { requests } = await speak(() => ({ clientAuth }), token(), refreshOnce, [pem])
  const { form = {}, headers = {} } = requests[0] ?? {}
  const { valid, header, claims } = read(form['client_assertion'] ?? '', pem)
  expect(valid).toBe(true)
  expect(header).toEqual({ alg, kid: 'k1', x5t: 'abc' })
  expect(claims).toMatchObject({ iss: 'client-1', sub: 'client-1', jti: expect.any(String) })
  expect(claims.aud).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token$/)
  expect(form).toMatchObject({
    client_id: 'client-1',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  expect(form).not.toHaveProperty('client_secret')
  expect(headers['authorization']).toBeUndefined()
})

test('each refresh sends a new client assertion', async () => {
  const clientAuth = { strategy: 'private-key-jwt', with: {} }
  const { requests } = await speak(() => ({ clientAuth }), token(), refreshTwice, [EC])
  const claims = requests.map(({ form }) => read(form['client_assertion'] ?? '', EC).claims)
  expect(claims).toHaveLength(2)
  expect(claims[0].jti).toMatch(/^[\w-]{16,}$/)
  expect(claims[1].jti).not.toBe(claims[0].jti)
})

// Keys in the settings are tried at the start, but a connection can bring any key.
test.each([
  ['a secret that is not a key', new Secret('s3cret')],
  ['no secret', null],
  ['a key of another kind', new Secret(pemOf(generateKeyPairSync('x25519')))],
  ['a truncated key', new Secret(EC.slice(0, -60))],
])(
  "a connection's client with %s gives client_config, and nothing is sent",
  async (_what, secret) => {
    const client = { id: 'its-own', secret }
    const refresh = (party: Party) => refreshWith(party.endpoint, 'rt-1', { client })
    const { result, requests } = await speak(signedSecret, token(), refresh, [EC])
    const detail = 'the client secret is not the key that this provider wants'
    expect(result).toEqual({ kind: 'client_config', detail })
    expect(requests).toEqual([])
  },
)

const signed = () => ({ callbackStrategy: 'hmac-sha256-query' })
const mac = (text: string, secret = 's3cret') =>
  createHmac('sha256', secret).update(text).digest('hex')
const CALLBACK = { code: 'c', host: 'YWNtZQ==', shop: 'acme.shops.example', timestamp: '1' }
const AS_FORM = 'code=c&host=YWNtZQ%3D%3D&shop=acme.shops.example&timestamp=1'
const AS_TEXT = 'code=c&host=YWNtZQ==&shop=acme.shops.example&timestamp=1'

test.each<[string, Record<string, string>, string[], string]>([
  ['as a form', { ...CALLBACK, hmac: mac(AS_FORM) }, ['s3cret'], 'ok'],
  ['as text', { ...CALLBACK, hmac: mac(AS_TEXT) }, ['s3cret'], 'ok'],
  ['in capitals', { ...CALLBACK, hmac: mac(AS_FORM).toUpperCase() }, ['s3cret'], 'ok'],
  ['with the second secret', { ...CALLBACK, hmac: mac(AS_FORM) }, ['new', 's3cret'], 'ok'],
  ['with another secret', { ...CALLBACK, hmac: mac(AS_FORM, 'other') }, ['s3cret'], 'untrusted'],
  ['not at all', CALLBACK, ['s3cret'], 'untrusted'],
  ['by a client without a secret', { ...CALLBACK, hmac: mac(AS_FORM, '') }, [], 'untrusted'],
  ['not in hex', { ...CALLBACK, hmac: 'z'.repeat(64) }, ['s3cret'], 'untrusted'],
  [
    'with another shop',
    { ...CALLBACK, shop: 'evil.example', hmac: mac(AS_FORM) },
    ['s3cret'],
    'untrusted',
  ],
  [
    'over two parameters joined into one',
    { code: 'c', host: 'YWNtZQ==&shop=acme.shops.example', timestamp: '1', hmac: mac(AS_TEXT) },
    ['s3cret'],
    'untrusted',
  ],
  [
    'and has one more parameter',
    { ...CALLBACK, extra: '1', hmac: mac(AS_FORM) },
    ['s3cret'],
    'untrusted',
  ],
])(
  'a callback that is signed %s is checked before any request',
  async (_how, callback, secrets, kind) => {
    const { result, requests } = await speak(
      signed,
      token(),
      (party) => exchangeCode(party, callback),
      secrets,
    )
    expect(result).toMatchObject({ kind })
    if (kind !== 'ok') expect(requests).toEqual([])
  },
)
