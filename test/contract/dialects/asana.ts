import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ANSWER = {
  access_token: '{accessToken}',
  token_type: 'bearer',
  expires_in: 3600,
  data: { gid: ADA.id, name: ADA.name, email: ADA.email },
}
const TOKEN = {
  url: 'https://app.asana.com/-/oauth_token',
  auth: 'post',
  formats: ['form'],
} as const

export const asana: Dialect = {
  authorize: { url: 'https://app.asana.com/-/oauth_authorize', pkce: 'sent' },
  scopes: {
    defaults: ['default'],
    ask: ['tasks:read', 'users:read'],
    sent: ['tasks:read', 'users:read'],
    separator: ' ',
  },
  exchange: { ...TOKEN, answer: { ...ANSWER, refresh_token: '{refreshToken}' } },
  refresh: { ...TOKEN, rotation: 'none', answer: ANSWER },
  lifetimes: { access: 3600 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://app.asana.com/api/1.0/users/me',
      answer: { data: { gid: ADA.id, email: ADA.email, name: ADA.name } },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://app.asana.com/-/oauth_revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'refresh',
  },
}
