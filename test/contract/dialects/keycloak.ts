import { ADA, CLAIMS, INVALID_CLIENT, oauthError, statuses, tokens, USERINFO } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const REALM = 'https://id.engines.example/realms/staff'
const BASE = `${REALM}/protocol/openid-connect`
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(300, {
    // 0: an offline token does not expire.
    refresh_expires_in: 0,
    'not-before-policy': 0,
    session_state: 's-1',
  }),
} as const
const because = (error_description: string) =>
  oauthError('invalid_grant', 400, { error_description })

export const keycloak: Dialect = {
  settings: { baseUrl: 'https://id.engines.example', realm: 'staff' },
  authorize: { url: `${BASE}/auth`, pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access'],
    ask: ['phone'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'phone'],
    separator: ' ',
    withheld: 'phone',
  },
  callback: { iss: REALM, session_state: 's-1' },
  openid: { issuer: REALM, jwks: `${BASE}/certs`, claims: CLAIMS, nonce: true },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  // If the realm revokes used refresh tokens.
  punishesReplay: true,
  lifetimes: { access: 300, refresh: null },
  errors: {
    dead: [
      because('Token is not active'),
      because('Session not active'),
      because('Offline user session not found'),
    ],
    temporary: statuses(503),
    config: [oauthError('unauthorized_client', 401), INVALID_CLIENT],
  },
  probes: [{ url: `${BASE}/userinfo`, answer: { ...USERINFO, preferred_username: 'ada' } }],
  account: ADA,
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
  },
}
