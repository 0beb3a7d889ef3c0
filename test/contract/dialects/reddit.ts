import { INVALID_CLIENT, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const AGENT = { 'user-agent': '*' }
const TOKEN = {
  url: 'https://www.reddit.com/api/v1/access_token',
  auth: 'basic',
  formats: ['form'],
  headers: AGENT,
} as const
const ANSWER = tokens(86_400, { token_type: 'bearer' })

export const reddit: Dialect = {
  authorize: {
    url: 'https://www.reddit.com/api/v1/authorize',
    params: { duration: 'permanent' },
    pkce: 'omitted',
  },
  scopes: {
    defaults: ['identity'],
    ask: ['identity', 'read'],
    sent: ['identity', 'read'],
    separator: ' ',
    withheld: 'read',
  },
  exchange: { ...TOKEN, answer: ANSWER },
  refresh: { ...TOKEN, rotation: 'none', answer: { ...ANSWER, refresh_token: undefined } },
  lifetimes: { access: 86_400, refresh: null },
  errors: {
    dead: [INVALID_GRANT, oauthError('invalid_grant', 200)],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://oauth.reddit.com/api/v1/me',
      headers: AGENT,
      answer: { id: '1085', name: 'ada' },
    },
  ],
  account: { id: '1085', email: null, name: 'ada' },
  revocation: {
    url: 'https://www.reddit.com/api/v1/revoke_token',
    auth: 'basic',
    headers: AGENT,
    params: { token: '{token}' },
    tokens: 'either',
  },
}
