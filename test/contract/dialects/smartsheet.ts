import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const API = 'https://api.smartsheet.com/2.0'
const TOKEN = {
  url: `${API}/token`,
  auth: 'post',
  formats: ['form'],
  answer: tokens(604_799, { scope: undefined }),
} as const

export const smartsheet: Dialect = {
  authorize: { url: 'https://app.smartsheet.com/b/authorize', pkce: 'either' },
  scopes: {
    defaults: ['READ_USERS'],
    ask: ['READ_USERS', 'READ_SHEETS'],
    sent: ['READ_USERS', 'READ_SHEETS'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 604_799 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${API}/users/me`,
      answer: { id: 1085, email: ADA.email, firstName: 'Ada', lastName: 'Lovelace' },
    },
  ],
  account: ADA,
  revocation: {
    url: `${API}/token`,
    method: 'DELETE',
    auth: 'token',
    tokens: 'access',
    isGuess: true,
  },
}
