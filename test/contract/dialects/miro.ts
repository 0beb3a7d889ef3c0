import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.miro.com/v1/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(3599, { user_id: ADA.id, team_id: 't-1' }),
} as const

/** An app with expiring tokens. */
export const miro: Dialect = {
  authorize: { url: 'https://miro.com/oauth/authorize', pkce: 'either' },
  scopes: {
    defaults: [],
    ask: ['identity:read', 'boards:read'],
    sent: ['identity:read', 'boards:read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 3599, idle: 60 * 86_400 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.miro.com/v1/oauth-token',
      answer: { type: 'oAuthToken', team: { id: 't-1' }, user: { id: ADA.id, name: ADA.name } },
    },
  ],
  account: { ...ADA, email: null },
  kept: { team: 't-1', user: ADA.id },
  revocation: {
    url: 'https://api.miro.com/v2/oauth/revoke',
    auth: 'anything',
    formats: ['json'],
    params: { accessToken: '{token}', clientId: '{clientId}', clientSecret: '{clientSecret}' },
    tokens: 'access',
    status: 204,
    isGuess: true,
  },
}
