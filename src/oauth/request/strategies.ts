import { createHmac, createPrivateKey, timingSafeEqual } from 'node:crypto'
import type { KeyObject, webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { Instant } from '../../core/base/ids.ts'

/**
 * Code that a preset can select by name if data is not enough. A strategy gets all it needs as
 * arguments and does not depend on the provider.
 */
export type ClientAuthStrategy = (client: {
  readonly id: string
  /** The plain secret. A strategy may only put it, or a value derived from it, into the request. */
  readonly secret: string
  /** The `with` of the preset, with its templates filled. */
  readonly options: Readonly<Record<string, string>>
  readonly tokenEndpoint: URL
  readonly now: Instant
}) => oauth.ClientAuth | null

/** Whether the callback is authentic, for example by a signature over its parameters. */
export type CallbackStrategy = (callback: {
  readonly parameters: ReadonlyMap<string, string>
  readonly secret: string
}) => boolean

/**
 * For a preset with `clientAuth: { strategy: '…', with: { … } }`. The client secret must be a
 * private key in PEM; otherwise, the strategy returns null.
 */
export const clientAuthStrategies: Readonly<Record<string, ClientAuthStrategy>> = {
  /**
   * RFC 7523 §2.2. Options: `audience` (default: the token endpoint), `keyId`, `thumbprint`
   * (`x5t`).
   */
  'private-key-jwt': ({ secret, options, tokenEndpoint, now }) => {
    const key = signingKey(secret)
    if (key === null) return null
    const { audience = tokenEndpoint.href, keyId, thumbprint } = options
    return assertion(key, keyId, (header, claims) => {
      if (thumbprint !== undefined) header['x5t'] = thumbprint
      claims['aud'] = audience
      setTimes(claims, now)
    })
  },
  /** Signs a new JWT as client secret for each request. Options: `issuer`, `audience`, `keyId`. */
  'signed-secret': ({ secret, options, now }) => {
    const key = signingKey(secret)
    const { issuer, audience, keyId } = options
    if (key === null || issuer === undefined || audience === undefined) return null
    const sign = assertion(key, keyId, (_header, claims) => {
      claims['iss'] = issuer
      claims['aud'] = audience
      delete claims['jti']
      setTimes(claims, now)
      delete claims['nbf']
    })
    return async (server, client, body, headers) => {
      await sign(server, client, body, headers)
      body.set('client_secret', body.get('client_assertion') ?? '')
      body.delete('client_assertion')
      body.delete('client_assertion_type')
    }
  },
}

/** For a preset with `callbackStrategy: '…'`. */
export const callbackStrategies: Readonly<Record<string, CallbackStrategy>> = {
  /**
   * `hmac` is the HMAC-SHA256, in hex, of all other parameters, sorted by name. They are
   * form-encoded or, in older documentation, only `%`, `&` and `=` are escaped.
   */
  'hmac-sha256-query': ({ parameters, secret }) => {
    const { hmac, ...others } = Object.fromEntries(parameters)
    const sorted = Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const spellings = [
      new URLSearchParams(sorted).toString(),
      sorted
        .map(([name, value]) => `${escaped(name, /[%&=]/g)}=${escaped(value, /[%&]/g)}`)
        .join('&'),
    ]
    return spellings.some((text) => isMac(hmac ?? '', secret, text))
  },
}

type Claims = Record<string, oauth.JsonValue | undefined>
const LIVES_SECONDS = 60

function assertion(
  key: oauth.CryptoKey,
  keyId: string | undefined,
  modify: (header: Claims, claims: Claims) => void,
): oauth.ClientAuth {
  const privateKey = keyId === undefined ? key : { key, kid: keyId }
  return oauth.PrivateKeyJwt(privateKey, { [oauth.modifyAssertion]: modify })
}

/** Uses Larder's clock, which tests and operators can set. */
function setTimes(claims: Claims, now: Instant): void {
  const seconds = Math.floor(now / 1000)
  claims['iat'] = seconds
  claims['nbf'] = seconds
  claims['exp'] = seconds + LIVES_SECONDS
}

type Algorithm = string | webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  prime256v1: { name: 'ECDSA', namedCurve: 'P-256' },
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384' },
  ed25519: 'Ed25519',
}

/** Whether a client secret is a private key with which a strategy can sign. */
export function canSign(pem: string): boolean {
  return signingKey(pem) !== null
}

function signingKey(pem: string): oauth.CryptoKey | null {
  try {
    const key = createPrivateKey(pem)
    const algorithm = ALGORITHMS[kindOf(key)]
    return algorithm === undefined ? null : key.toCryptoKey(algorithm, false, ['sign'])
  } catch {
    // Drop the error, because its message may quote the secret.
    return null
  }
}

function kindOf(key: KeyObject): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  return asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? ''
}

function escaped(text: string, letters: RegExp): string {
  return text.replace(letters, encodeURIComponent)
}

function isMac(shown: string, secret: string, text: string): boolean {
  const expected = createHmac('sha256', secret).update(text).digest()
  const given = Buffer.from(/^[0-9a-f]{64}$/i.test(shown) ? shown : '', 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
