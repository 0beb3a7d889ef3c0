import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The private key that Apple gives to its customers. The client secret is a JWT signed with it. */
export const CLIENT_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
export const TEAM_ID = 'TEAM123456'
export const KEY_ID = 'KEY1234567'
export const JWT_CLIENT_ID = 'client-1'
const AUDIENCE = 'https://appleid.apple.com'
const LONGEST_LIFE_S = 15_777_000

/** Whether a secret meets Apple's rules: ES256, team, client, audience, at most six months. */
export function isClientJwt(text: string): boolean {
  const [head = '', body = '', signature = ''] = text.split('.')
  const header = parse(head)
  const claims = parse(body)
  const key = { key: createPublicKey(CLIENT_KEY), dsaEncoding: 'ieee-p1363' } as const
  const { iat, exp } = claims
  return (
    verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')) &&
    header['alg'] === 'ES256' &&
    header['kid'] === KEY_ID &&
    claims['iss'] === TEAM_ID &&
    claims['sub'] === JWT_CLIENT_ID &&
    claims['aud'] === AUDIENCE &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    exp > iat &&
    exp - iat <= LONGEST_LIFE_S
  )
}

function parse(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}
