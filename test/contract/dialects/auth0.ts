import {
  ADA,
  CLAIMS,
  INVALID_CLIENT,
  INVALID_GRANT,
  oauthError,
  statuses,
  tokens,
  USERINFO,
} from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://engines.us.auth0.com'
const TOKEN = {
  url: `${BASE}/oauth/token`,
  auth: 'post',
  formats: ['form', 'json'],
  answer: tokens(86_400),
} as const

/** An application with refresh token rotation. */
export const auth0: Dialect = {
  settings: { domain: 'engines.us.auth0.com' },
  authorize: { url: `${BASE}/authorize`, tolerated: ['audience'], pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access'],
    ask: ['read:appointments'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'read:appointments'],
    separator: ' ',
    withheld: 'read:appointments',
  },
  openid: {
    // Auth0's issuer ends with a slash.
    issuer: `${BASE}/`,
    jwks: `${BASE}/.well-known/jwks.json`,
    claims: CLAIMS,
    nonce: true,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  cap: 200,
  lifetimes: { access: 86_400 },
  punishesReplay: true,
  errors: {
    dead: [
      oauthError('invalid_grant', 403, {
        error_description: 'Unknown or invalid refresh token.',
      }),
      INVALID_GRANT,
    ],
    temporary: [
      { ...oauthError('too_many_requests', 429), slowsDown: true },
      ...statuses(429, 503),
    ],
    config: [INVALID_CLIENT, oauthError('access_denied', 401)],
  },
  probes: [{ url: `${BASE}/userinfo`, answer: { ...USERINFO, email_verified: true } }],
  account: ADA,
  revocation: {
    url: `${BASE}/oauth/revoke`,
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'refresh',
    // A setting of the tenant turns this on.
    endsAll: true,
  },
}
