import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://id.heroku.com/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(28_799, { scope: undefined, user_id: ADA.id, session_nonce: null }),
} as const

export const heroku: Dialect = {
  authorize: { url: 'https://id.heroku.com/oauth/authorize', pkce: 'either' },
  scopes: {
    defaults: ['identity'],
    ask: ['identity', 'read'],
    sent: ['identity', 'read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 28_799 },
  errors: {
    dead: [INVALID_GRANT, oauthError('invalid_grant', 401)],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.heroku.com/account',
      headers: { accept: 'application/vnd.heroku+json; version=3' },
      answer: ADA,
    },
  ],
  account: ADA,
  revocation: null,
}
