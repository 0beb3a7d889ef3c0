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

const ISSUER = 'https://login.engines.example'
const TOKEN = {
  url: `${ISSUER}/token`,
  // The default if the metadata names no method.
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600),
} as const

/** Any OpenID provider, configured by its metadata. */
export const oidc: Dialect = {
  settings: { issuerUrl: ISSUER },
  authorize: { url: `${ISSUER}/authorize`, params: { prompt: 'consent' }, pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access'],
    ask: ['openid', 'profile', 'email', 'offline_access', 'calendar'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'calendar'],
    separator: ' ',
    withheld: 'calendar',
  },
  callback: { iss: ISSUER },
  openid: { issuer: ISSUER, claims: CLAIMS, nonce: true },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 3600 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: [
      ...statuses(429, 503),
      oauthError('temporarily_unavailable', 503),
      oauthError('server_error', 500),
    ],
    config: [INVALID_CLIENT, oauthError('unauthorized_client')],
  },
  probes: [{ url: `${ISSUER}/userinfo`, answer: { ...USERINFO, preferred_username: 'ada' } }],
  account: ADA,
  revocation: {
    url: `${ISSUER}/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
  },
}
