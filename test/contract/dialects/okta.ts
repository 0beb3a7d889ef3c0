import {
  ADA,
  CLAIMS,
  INVALID_CLIENT,
  INVALID_GRANT,
  statuses,
  tokens,
  USERINFO,
} from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://engines.okta.com/oauth2/v1'
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600),
} as const

/** An application with refresh token rotation. */
export const okta: Dialect = {
  settings: { domain: 'engines.okta.com' },
  authorize: { url: `${BASE}/authorize`, tolerated: ['response_mode'], pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access'],
    ask: ['groups'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'groups'],
    separator: ' ',
    withheld: 'groups',
  },
  openid: {
    issuer: 'https://engines.okta.com',
    jwks: `${BASE}/keys`,
    claims: CLAIMS,
    nonce: true,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 3600, refresh: 90 * 86_400, idle: null },
  punishesReplay: true,
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [{ url: `${BASE}/userinfo`, answer: { ...USERINFO, email_verified: true } }],
  account: ADA,
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
  },
}
