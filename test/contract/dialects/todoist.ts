import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.todoist.com/oauth/access_token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(3600, { scope: undefined }),
} as const

/** An app that gets refresh tokens. */
export const todoist: Dialect = {
  authorize: { url: 'https://app.todoist.com/oauth/authorize', pkce: 'either' },
  scopes: {
    defaults: ['data:read'],
    ask: ['data:read', 'task:add'],
    sent: ['data:read', 'task:add'],
    separator: ',',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 3600 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('incorrect_application_credentials')],
    code: [oauthError('bad_authorization_code'), INVALID_GRANT],
  },
  probes: [
    {
      url: 'https://api.todoist.com/api/v1/sync',
      method: 'POST',
      params: { sync_token: '*', resource_types: '["user"]' },
      answer: { user: { id: ADA.id, email: ADA.email, full_name: ADA.name } },
    },
    {
      url: 'https://api.todoist.com/api/v1/user',
      answer: { id: ADA.id, email: ADA.email, full_name: ADA.name },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://api.todoist.com/api/v1/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'access',
    isGuess: true,
  },
}
