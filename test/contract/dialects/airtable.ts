import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://airtable.com/oauth2/v1/token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600, { refresh_expires_in: 60 * 86_400 }),
} as const

export const airtable: Dialect = {
  authorize: { url: 'https://airtable.com/oauth2/v1/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['user.email:read'],
    ask: ['user.email:read', 'data.records:read'],
    sent: ['user.email:read', 'data.records:read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 3600, refresh: 60 * 86_400 },
  punishesReplay: true,
  errors: {
    dead: [INVALID_GRANT, oauthError('invalid_grant', 401)],
    // Another refresh of the same token is in progress.
    temporary: statuses(409, 429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.airtable.com/v0/meta/whoami',
      answer: { id: ADA.id, email: ADA.email },
    },
  ],
  account: { ...ADA, name: ADA.email },
  revocation: null,
}
