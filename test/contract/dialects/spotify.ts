import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://accounts.spotify.com/api/token',
  auth: 'basic',
  formats: ['form'],
} as const

export const spotify: Dialect = {
  authorize: {
    url: 'https://accounts.spotify.com/authorize',
    tolerated: ['show_dialog'],
    pkce: 'either',
  },
  scopes: {
    defaults: ['user-read-email'],
    ask: ['user-read-email', 'user-library-read'],
    sent: ['user-read-email', 'user-library-read'],
    separator: ' ',
  },
  exchange: { ...TOKEN, answer: tokens(3600) },
  refresh: { ...TOKEN, rotation: 'none', answer: tokens(3600, { refresh_token: undefined }) },
  lifetimes: { access: 3600 },
  errors: {
    dead: [
      oauthError('invalid_grant', 400, { error_description: 'Refresh token revoked' }),
      INVALID_GRANT,
    ],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  probes: [
    {
      url: 'https://api.spotify.com/v1/me',
      answer: { id: ADA.id, email: ADA.email, display_name: ADA.name },
    },
  ],
  account: ADA,
  revocation: null,
}
