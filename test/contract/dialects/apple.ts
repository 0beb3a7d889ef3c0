import { INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import { CLIENT_KEY, KEY_ID, TEAM_ID } from '../client-jwt.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://appleid.apple.com'
const ANSWER = tokens(3600, { scope: undefined, id_token: '{idToken}' })
const TOKEN = { url: `${BASE}/auth/token`, auth: 'signed-jwt', formats: ['form'] } as const

export const apple: Dialect = {
  settings: { teamId: TEAM_ID, keyId: KEY_ID },
  secret: CLIENT_KEY,
  authorize: { url: `${BASE}/auth/authorize`, pkce: 'either' },
  scopes: {
    defaults: ['name', 'email'],
    ask: ['name', 'email'],
    sent: ['name', 'email'],
    separator: ' ',
  },
  // Mandatory with the scope `name`: the callback is a cross-site POST.
  responseMode: 'form_post',
  openid: {
    issuer: BASE,
    jwks: `${BASE}/auth/keys`,
    claims: { email: 'ada@example.com', email_verified: 'true' },
    nonce: true,
    always: true,
  },
  exchange: { ...TOKEN, answer: ANSWER },
  refresh: { ...TOKEN, rotation: 'none', answer: { ...ANSWER, refresh_token: undefined } },
  // Apple allows one refresh a day, whatever lifetime the answer gives.
  lifetimes: { access: 172_800 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  denied: ['user_cancelled_authorize'],
  account: { id: '1085', email: 'ada@example.com', name: null },
  revocation: {
    url: `${BASE}/auth/revoke`,
    auth: 'signed-jwt',
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
  },
}
