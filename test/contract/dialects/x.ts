import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.x.com/2/oauth2/token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(7200, { token_type: 'bearer' }),
} as const

export const x: Dialect = {
  authorize: { url: 'https://x.com/i/oauth2/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['tweet.read', 'users.read', 'users.email', 'offline.access'],
    ask: ['tweet.read', 'users.read', 'users.email', 'bookmark.read'],
    sent: ['tweet.read', 'users.read', 'users.email', 'offline.access', 'bookmark.read'],
    separator: ' ',
    withheld: 'bookmark.read',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 7200, refresh: 15_552_000 },
  punishesReplay: true,
  errors: {
    dead: [
      INVALID_GRANT,
      // An invalid refresh token. Other causes have the same code but another description.
      oauthError('invalid_request', 400, {
        error_description: 'Value passed for the token was invalid.',
      }),
    ],
    temporary: statuses(429, 503),
    config: [oauthError('unauthorized_client', 401), oauthError('unauthorized_client')],
  },
  probes: [
    {
      url: 'https://api.x.com/2/users/me?user.fields=confirmed_email',
      answer: { data: { id: ADA.id, name: ADA.name, username: 'ada', confirmed_email: ADA.email } },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://api.x.com/2/oauth2/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tolerated: ['client_id'],
    tokens: 'either',
    answer: { revoked: true },
  },
}
