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

const TOKEN = {
  url: 'https://gitlab.com/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(7200, { created_at: '{nowSeconds}' }),
} as const

export const gitlab: Dialect = {
  authorize: { url: 'https://gitlab.com/oauth/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['read_user', 'openid', 'email'],
    ask: ['read_user', 'openid', 'email', 'read_api'],
    sent: ['read_user', 'openid', 'email', 'read_api'],
    separator: ' ',
  },
  openid: {
    issuer: 'https://gitlab.com',
    jwks: 'https://gitlab.com/oauth/discovery/keys',
    claims: CLAIMS,
    nonce: true,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, params: { redirect_uri: '{redirectUri}' }, rotation: 'single-use' },
  endsAccessToken: true,
  lifetimes: { access: 7200 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    { url: 'https://gitlab.com/oauth/userinfo', answer: USERINFO },
    {
      url: 'https://gitlab.com/api/v4/user',
      answer: { id: 1085, email: ADA.email, name: ADA.name },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://gitlab.com/oauth/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    answer: {},
  },
}
