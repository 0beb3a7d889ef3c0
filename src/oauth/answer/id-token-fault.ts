import { isRecord } from '../../core/base/json-path.ts'
import { parseJson } from '../../core/base/json.ts'

type Claims = Readonly<Record<string, unknown>>

/** What the id token must match. */
export type Expected = {
  readonly issuer: string
  readonly clientId: string
  /** Null if the flow sent no nonce. */
  readonly nonce: string | null
  readonly algorithms: readonly string[]
  readonly nowSeconds: number
  readonly toleranceSeconds: number
}

/**
 * Returns the first invalid claim of an id token, as a message for the operator that never quotes
 * the token. Null if all claims are valid. Does not check the signature.
 */
export function idTokenFault(
  { idToken, claims }: { readonly idToken: string | null; readonly claims: Claims },
  expected: Expected,
): string | null {
  if (idToken === null) return 'the answer holds no id token: the scope openid may be missing'
  const parts = idToken.split('.')
  if (parts.length === 5) return 'the id token is encrypted, which is not supported'
  const header = headerOf(parts[0])
  if (parts.length !== 3 || header === null || Object.keys(claims).length === 0) {
    return 'the id token is not a JSON Web Token'
  }
  const { alg } = header
  if (!expected.algorithms.includes(String(alg))) {
    const named = typeof alg === 'string' && /^[A-Za-z\d]{2,8}$/.test(alg) ? ` (${alg})` : ''
    return `the id token is signed in a way${named} that is not accepted: use ${expected.algorithms.join(', ')}`
  }
  return wrongClaim(claims, expected)
}

function headerOf(part: string | undefined): Claims | null {
  try {
    const header = parseJson(Buffer.from(part ?? '', 'base64url').toString())
    return isRecord(header) ? header : null
  } catch {
    return null
  }
}

function wrongClaim(claims: Claims, expected: Expected): string | null {
  const { issuer, clientId, nonce } = expected
  const missing = REQUIRED.find((name) => claims[name] === undefined)
  if (missing !== undefined) return `the claim ${missing} of the id token is missing`
  if (claims['iss'] !== issuer) return 'the claim iss of the id token is not the configured issuer'
  const { aud, azp } = claims
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(clientId)) return 'the claim aud of the id token is not this client'
  if ((azp !== undefined || audiences.length > 1) && azp !== clientId) {
    return 'the claim azp of the id token is not this client'
  }
  if ((claims['nonce'] ?? null) !== nonce) {
    return 'the claim nonce of the id token is not the one that was sent'
  }
  if (typeof claims['sub'] !== 'string') return 'the claim sub of the id token is no text'
  return wrongTime(claims, expected)
}

const REQUIRED = ['iss', 'aud', 'exp', 'iat', 'sub']
const COMPARE = 'compare the clocks of this machine and of the provider'

function wrongTime(claims: Claims, { nowSeconds, toleranceSeconds }: Expected): string | null {
  const times = ['exp', 'iat', 'nbf'].map((name) => [name, claims[name]] as const)
  const foreign = times.find(([, time]) => time !== undefined && typeof time !== 'number')
  if (foreign !== undefined) return `the claim ${foreign[0]} of the id token is no number`
  const { exp, nbf, iat } = claims as Readonly<Record<string, number | undefined>>
  if (exp !== undefined && exp <= nowSeconds - toleranceSeconds) {
    return `the claim exp of the id token is ${span(nowSeconds - exp)} in the past: ${COMPARE}`
  }
  for (const [name, time] of Object.entries({ nbf, iat })) {
    if (time === undefined || time <= nowSeconds + toleranceSeconds) continue
    return `the claim ${name} of the id token is ${span(time - nowSeconds)} in the future: ${COMPARE}`
  }
  return null
}

function span(seconds: number): string {
  return seconds < 300 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`
}
