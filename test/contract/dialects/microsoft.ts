import { ADA, CLAIMS, INVALID_GRANT, oauthError, statuses, tokens, USERINFO } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
const LOGIN = 'https://login.microsoftonline.com'
const TOKEN = {
  url: `${LOGIN}/common/oauth2/v2.0/token`,
  auth: 'post',
  formats: ['form'],
  // A refresh may name the scopes again, because each token is for one resource.
  tolerated: ['scope'],
  // Answers do not list the OpenID scopes.
  answer: tokens(3599, { scope: 'User.Read Calendars.Read', ext_expires_in: 3599 }),
} as const
const withCode = (error: string, code: number, status = 400) =>
  oauthError(error, status, { error_codes: [code] })

export const microsoft: Dialect = {
  authorize: {
    url: `${LOGIN}/common/oauth2/v2.0/authorize`,
    params: { response_mode: 'query' },
    pkce: 'sent',
  },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    ask: ['User.Read', 'Calendars.Read'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'User.Read', 'Calendars.Read'],
    separator: ' ',
  },
  openid: {
    issuer: `${LOGIN}/${TENANT}/v2.0`,
    jwks: `${LOGIN}/common/discovery/v2.0/keys`,
    claims: { ...CLAIMS, tid: TENANT },
    nonce: true,
  },
  exchange: {
    ...TOKEN,
    answer: { ...TOKEN.answer, id_token: '{idToken}' },
  },
  refresh: {
    ...TOKEN,
    rotation: 'overlap',
    answer: {
      ...TOKEN.answer,
      scope: 'https://graph.microsoft.com/User.Read https://graph.microsoft.com/calendars.read',
    },
  },
  lifetimes: { access: 3599, idle: 7_776_000, grace: 7_776_000 },
  errors: {
    dead: [
      INVALID_GRANT,
      withCode('invalid_grant', 700082),
      withCode('invalid_grant', 50173),
      withCode('interaction_required', 50076),
      withCode('consent_required', 65001),
    ],
    temporary: [
      ...statuses(429, 503),
      oauthError('temporarily_unavailable', 503),
      oauthError('server_error', 500),
      { ...withCode('invalid_grant', 50196), slowsDown: true },
    ],
    config: [
      withCode('invalid_client', 7000215, 401),
      withCode('invalid_client', 7000222, 401),
      withCode('unauthorized_client', 700016),
      withCode('invalid_client', 700025, 401),
      withCode('invalid_request', 90002),
    ],
  },
  unsupported: ['consent_required'],
  probes: [{ url: 'https://graph.microsoft.com/oidc/userinfo', answer: USERINFO }],
  account: ADA,
  revocation: null,
}
