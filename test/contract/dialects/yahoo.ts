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

const BASE = 'https://api.login.yahoo.com'
const TOKEN = {
  url: `${BASE}/oauth2/get_token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600, { scope: undefined, xoauth_yahoo_guid: 'GUID' }),
} as const

export const yahoo: Dialect = {
  authorize: { url: `${BASE}/oauth2/request_auth`, pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'email', 'profile'],
    ask: ['openid', 'email', 'profile', 'mail-r'],
    sent: ['openid', 'email', 'profile', 'mail-r'],
    separator: ' ',
  },
  openid: { issuer: BASE, jwks: `${BASE}/openid/v1/certs`, claims: CLAIMS, nonce: true },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, params: { redirect_uri: '{redirectUri}' }, rotation: 'same' },
  lifetimes: { access: 3600 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [{ url: `${BASE}/openid/v1/userinfo`, answer: USERINFO }],
  account: ADA,
  revocation: {
    url: `${BASE}/oauth2/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
