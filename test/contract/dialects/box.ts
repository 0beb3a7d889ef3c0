import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.box.com/oauth2/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(4121, { scope: undefined, restricted_to: [] }),
} as const

export const box: Dialect = {
  authorize: { url: 'https://account.box.com/api/oauth2/authorize', pkce: 'omitted' },
  scopes: {
    defaults: [],
    ask: ['root_readonly', 'manage_webhook'],
    sent: ['root_readonly', 'manage_webhook'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 4121, idle: 60 * 86_400 },
  errors: {
    dead: [
      oauthError('invalid_grant', 400, { error_description: 'Refresh token has expired' }),
      INVALID_GRANT,
    ],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  probes: [
    {
      url: 'https://api.box.com/2.0/users/me',
      answer: { type: 'user', id: ADA.id, login: ADA.email, name: ADA.name },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://api.box.com/oauth2/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    status: 200,
  },
}
