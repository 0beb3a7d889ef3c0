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

const TOKEN = {
  url: 'https://www.linkedin.com/oauth/v2/accessToken',
  auth: 'post',
  formats: ['form'],
  answer: tokens(5_184_000, { scope: '{scopeByCommas}', refresh_token_expires_in: 31_536_000 }),
} as const

/** A partner's app; other apps get no refresh tokens. */
export const linkedin: Dialect = {
  authorize: { url: 'https://www.linkedin.com/oauth/v2/authorization', pkce: 'omitted' },
  scopes: {
    defaults: ['openid', 'profile', 'email'],
    ask: ['openid', 'profile', 'email', 'w_member_social'],
    sent: ['openid', 'profile', 'email', 'w_member_social'],
    separator: ' ',
    withheld: 'w_member_social',
  },
  openid: {
    issuer: 'https://www.linkedin.com/oauth',
    jwks: 'https://www.linkedin.com/oauth/openid/jwks',
    claims: CLAIMS,
    nonce: false,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 5_184_000, refresh: 31_536_000 },
  errors: {
    dead: [
      INVALID_GRANT,
      oauthError('invalid_request', 400, {
        error_description:
          'The provided authorization grant or refresh token is invalid, expired or revoked',
      }),
    ],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  denied: ['user_cancelled_authorize', 'user_cancelled_login'],
  probes: [{ url: 'https://api.linkedin.com/v2/userinfo', answer: USERINFO }],
  account: ADA,
  revocation: {
    url: 'https://www.linkedin.com/oauth/v2/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
