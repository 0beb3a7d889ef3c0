import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.linear.app/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(86_399, { scope: '{scopeBySpaces}' }),
} as const

export const linear: Dialect = {
  authorize: {
    url: 'https://linear.app/oauth/authorize',
    tolerated: ['prompt', 'actor'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['read'],
    ask: ['read', 'issues:create'],
    sent: ['read', 'issues:create'],
    separator: ',',
  },
  exchange: TOKEN,
  // Some refresh answers have scopes as a list.
  refresh: {
    ...TOKEN,
    rotation: 'single-use',
    answer: { ...TOKEN.answer, scope: '{scopeList}' },
  },
  lifetimes: { access: 86_399, grace: 1800 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  probes: [
    {
      url: 'https://api.linear.app/graphql',
      method: 'POST',
      formats: ['json'],
      params: { query: '*' },
      answer: {
        data: {
          viewer: { id: ADA.id, name: ADA.name, email: ADA.email },
          organization: { id: 'o-1', name: 'Engines', urlKey: 'engines' },
        },
      },
    },
  ],
  account: ADA,
  kept: { organization: 'o-1' },
  revocation: {
    url: 'https://api.linear.app/oauth/revoke',
    auth: 'token',
    tolerated: ['token'],
    tokens: 'access',
    isGuess: true,
  },
}
