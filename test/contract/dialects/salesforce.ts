import { CLAIMS, INVALID_GRANT, oauthError, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const LOGIN = 'https://login.salesforce.com'
const INSTANCE = 'https://engines.my.salesforce.com'
const ANSWER = {
  access_token: '{accessToken}',
  token_type: 'Bearer',
  scope: '{scope}',
  instance_url: INSTANCE,
  id: `${LOGIN}/id/00D1/0051`,
  issued_at: '1790000000000',
  signature: 'c2ln',
}
const TOKEN = { url: `${LOGIN}/services/oauth2/token`, auth: 'post', formats: ['form'] } as const

export const salesforce: Dialect = {
  authorize: {
    url: `${LOGIN}/services/oauth2/authorize`,
    tolerated: ['prompt'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['openid', 'email', 'profile', 'api', 'refresh_token'],
    ask: ['api', 'chatter_api'],
    sent: ['openid', 'email', 'profile', 'api', 'refresh_token', 'chatter_api'],
    separator: ' ',
    spelled: { refresh_token: 'offline_access' },
    withheld: 'chatter_api',
  },
  openid: { issuer: LOGIN, jwks: `${LOGIN}/id/keys`, claims: CLAIMS, nonce: true },
  exchange: {
    ...TOKEN,
    answer: { ...ANSWER, refresh_token: '{refreshToken}', id_token: '{idToken}' },
  },
  refresh: { ...TOKEN, rotation: 'none', answer: ANSWER },
  cap: 5,
  // The organisation's session timeout, which no answer contains.
  lifetimes: { access: null },
  errors: {
    dead: [INVALID_GRANT, oauthError('inactive_user'), oauthError('inactive_org')],
    temporary: [
      ...statuses(429, 503),
      { ...oauthError('rate_limit_exceeded'), slowsDown: true },
      ...[
        'token request is already being processed',
        'Token request is already being processed',
        'expired authorization code',
        'ip restricted or invalid login hours',
        'ip restricted',
      ].map((error_description) => oauthError('invalid_grant', 400, { error_description })),
      {
        ...oauthError('invalid_grant', 400, { error_description: 'login rate exceeded' }),
        slowsDown: true,
      },
      oauthError('unknown_error', 400, { error_description: 'retry your request' }),
    ],
    config: [
      oauthError('invalid_client_id'),
      oauthError('invalid_client'),
      oauthError('unsupported_grant_type'),
    ],
  },
  probes: [
    {
      url: `${LOGIN}/services/oauth2/userinfo`,
      answer: { sub: `${LOGIN}/id/00D1/0051`, organization_id: '00D1', user_id: '0051', ...CLAIMS },
    },
  ],
  account: { id: '00D1:0051', ...CLAIMS },
  kept: { instance: INSTANCE, identity: `${LOGIN}/id/00D1/0051` },
  revocation: {
    url: `${LOGIN}/services/oauth2/revoke`,
    auth: 'anything',
    params: { token: '{token}' },
    tokens: 'either',
  },
}
