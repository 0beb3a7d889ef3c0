import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { createServer } from 'node:http'
import { listen } from '../../support/listen.ts'

export type Claims = Record<string, unknown>
const SECOND = 1000

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const KEYS = { own: privateKey, foreign: other.privateKey }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Builds a JWT by hand, so that it can be wrong in any way. */
export function jwt(claims: Claims, header: Record<string, unknown> = {}, key = KEYS.own): string {
  const head = { alg: 'RS256', typ: 'JWT', kid: 'k1', ...header }
  const input = `${encode(head)}.${encode(claims)}`
  if (head.alg === 'none') return `${input}.`
  return `${input}.${sign('sha256', Buffer.from(input), createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))).toString('base64url')}`
}

export function claimsFor(issuer: string, more: Claims = {}): Claims {
  const now = Math.floor(Date.now() / SECOND)
  return { iss: issuer, aud: 'client-1', sub: 'acc-1', iat: now, exp: now + 300, ...more }
}

export type Script = {
  /** The id token of the next token answer. */
  idToken: (issuer: string) => string | undefined
  metadata: Record<string, unknown>
  userinfo: { status: number; body: unknown }
  jwksStatus: number
  /** The published key and its id. */
  key: { kid: string; privateKey: KeyObject }
  /** The path of the issuer below the origin, and the path of its metadata. */
  path: string
  metadataAt: string
}

/** An OpenID provider whose answers a script decides. */
export async function startSigningProvider() {
  const script: Script = {
    idToken: (issuer) => jwt(claimsFor(issuer)),
    metadata: {},
    userinfo: { status: 200, body: { sub: 'acc-1', email: 'ada@example.com', name: 'Ada' } },
    jwksStatus: 200,
    key: { kid: 'k1', privateKey: KEYS.own },
    path: '',
    metadataAt: '/.well-known/openid-configuration',
  }
  const asked: string[] = []
  let issuer = ''
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', issuer).pathname
    asked.push(path)
    request.resume()
    const [status, body] = answerTo(path, script, issuer)
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify(body))
  })
  const { port, close } = await listen(server)
  issuer = `http://127.0.0.1:${port}`
  return { issuer, script, asked, [Symbol.asyncDispose]: close }
}

function answerTo(path: string, script: Script, issuer: string): [number, unknown] {
  switch (path) {
    case script.metadataAt:
      return [
        200,
        {
          issuer: `${issuer}${script.path}`,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/me`,
          jwks_uri: `${issuer}/jwks`,
          id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
          ...script.metadata,
        },
      ]
    case '/jwks': {
      const { kid, privateKey: key } = script.key
      const jwk = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({
        format: 'jwk',
      })
      return [script.jwksStatus, { keys: [{ ...jwk, kid, use: 'sig', alg: 'RS256' }] }]
    }
    case '/token':
      return [
        200,
        {
          access_token: 'at',
          token_type: 'Bearer',
          expires_in: 60,
          refresh_token: 'rt',
          id_token: script.idToken(issuer),
        },
      ]
    case '/revoke':
      return [200, {}]
    case '/me':
      return [script.userinfo.status, script.userinfo.body]
    default:
      return [404, {}]
  }
}
