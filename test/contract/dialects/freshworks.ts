import { INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://engines.myfreshworks.com/org/oauth/v2'
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(1799),
} as const

export const freshworks: Dialect = {
  settings: { orgHost: 'engines.myfreshworks.com' },
  authorize: { url: `${BASE}/authorize`, pkce: 'omitted' },
  scopes: {
    defaults: [],
    ask: ['freshdesk.tickets.view', 'freshdesk.contacts.view'],
    sent: ['freshdesk.tickets.view', 'freshdesk.contacts.view'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 1799 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  // No endpoint names the account.
  account: { id: null, email: null, name: null },
  revocation: null,
}
