import { ADA, INVALID_GRANT, oauthError, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ANSWER = {
  access_token: '{accessToken}',
  token_type: 'bearer',
  expires_in: 14_400,
  scope: '{scope}',
  uid: '12',
  account_id: 'dbid:1085',
}
const TOKEN = {
  url: 'https://api.dropboxapi.com/oauth2/token',
  auth: 'post',
  formats: ['form'],
} as const

export const dropbox: Dialect = {
  authorize: {
    url: 'https://www.dropbox.com/oauth2/authorize',
    params: { token_access_type: 'offline' },
    tolerated: ['force_reapprove', 'include_granted_scopes'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['account_info.read'],
    ask: ['account_info.read', 'files.metadata.read'],
    sent: ['account_info.read', 'files.metadata.read'],
    separator: ' ',
    withheld: 'files.metadata.read',
  },
  exchange: { ...TOKEN, answer: { ...ANSWER, refresh_token: '{refreshToken}' } },
  refresh: {
    ...TOKEN,
    rotation: 'none',
    answer: { access_token: '{accessToken}', token_type: 'bearer', expires_in: 14_400 },
  },
  lifetimes: { access: 14_400 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  probes: [
    {
      url: 'https://api.dropboxapi.com/2/users/get_current_account',
      method: 'POST',
      // Dropbox refuses an unexpected content type, even without a body.
      headers: { 'content-type': null },
      answer: {
        account_id: 'dbid:1085',
        name: { display_name: ADA.name },
        email: ADA.email,
        email_verified: true,
      },
    },
  ],
  account: { ...ADA, id: 'dbid:1085' },
  revocation: {
    url: 'https://api.dropboxapi.com/2/auth/token/revoke',
    auth: 'token',
    headers: { 'content-type': null },
    tokens: 'access',
  },
}
