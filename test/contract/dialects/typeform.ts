import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.typeform.com/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(604_800),
} as const

export const typeform: Dialect = {
  authorize: { url: 'https://api.typeform.com/oauth/authorize', pkce: 'omitted' },
  scopes: {
    defaults: ['accounts:read', 'offline'],
    ask: ['accounts:read', 'forms:read'],
    sent: ['accounts:read', 'offline', 'forms:read'],
    separator: ' ',
    withheld: 'forms:read',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 604_800 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.typeform.com/me',
      answer: { user_id: ADA.id, email: ADA.email, alias: ADA.name },
    },
  ],
  account: ADA,
  revocation: null,
}
