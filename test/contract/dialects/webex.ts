import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://webexapis.com/v1'
const TOKEN = {
  url: `${BASE}/access_token`,
  auth: 'post',
  formats: ['form'],
  answer: tokens(1_209_600, { refresh_token_expires_in: 7_776_000 }),
} as const

export const webex: Dialect = {
  authorize: { url: `${BASE}/authorize`, pkce: 'sent' },
  scopes: {
    defaults: ['spark:people_read'],
    ask: ['spark:people_read', 'meeting:schedules_read'],
    sent: ['spark:people_read', 'meeting:schedules_read'],
    separator: ' ',
  },
  exchange: TOKEN,
  // Each refresh extends the same token by ninety days.
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 1_209_600, refresh: 7_776_000 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${BASE}/people/me`,
      answer: { id: ADA.id, emails: [ADA.email], displayName: ADA.name },
    },
  ],
  account: ADA,
  revocation: null,
}
