import {
  ADA,
  CLAIMS,
  INVALID_CLIENT,
  INVALID_GRANT,
  oauthError,
  statuses,
  USERINFO,
} from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ANSWER = {
  access_token: '{accessToken}',
  expires_in: 3599,
  scope: '{scope}',
  token_type: 'Bearer',
  id_token: '{idToken}',
}
const TOKEN = {
  url: 'https://oauth2.googleapis.com/token',
  auth: 'post',
  formats: ['form'],
} as const
const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'

export const google: Dialect = {
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    // Without both, a second consent returns no refresh token.
    params: { access_type: 'offline', prompt: 'consent' },
    tolerated: ['include_granted_scopes'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['openid', 'email', 'profile'],
    ask: [CALENDAR],
    sent: ['openid', 'email', 'profile', CALENDAR],
    separator: ' ',
    spelled: {
      email: 'https://www.googleapis.com/auth/userinfo.email',
      profile: 'https://www.googleapis.com/auth/userinfo.profile',
    },
    withheld: CALENDAR,
  },
  callback: { iss: 'https://accounts.google.com', authuser: '0', prompt: 'consent' },
  openid: {
    issuer: 'https://accounts.google.com',
    jwks: 'https://www.googleapis.com/oauth2/v3/certs',
    claims: { ...CLAIMS, email_verified: true },
    nonce: true,
  },
  exchange: { ...TOKEN, answer: { ...ANSWER, refresh_token: '{refreshToken}' } },
  refresh: { ...TOKEN, rotation: 'none', answer: ANSWER },
  cap: 100,
  lifetimes: { access: 3599, idle: 15_552_000 },
  errors: {
    dead: [INVALID_GRANT, oauthError('admin_policy_enforced')],
    temporary: [...statuses(429, 503), oauthError('internal_failure', 500)],
    config: [
      INVALID_CLIENT,
      oauthError('unauthorized_client', 401),
      oauthError('redirect_uri_mismatch'),
    ],
  },
  unsupported: ['org_internal', 'admin_policy_enforced'],
  probes: [
    {
      url: 'https://openidconnect.googleapis.com/v1/userinfo',
      answer: { ...USERINFO, email_verified: true },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://oauth2.googleapis.com/revoke',
    auth: 'anything',
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
    answer: {},
  },
}
