import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://api.us.nylas.com/v3'
const TOKEN = {
  url: `${BASE}/connect/token`,
  // The secret is the API key.
  auth: 'post',
  formats: ['json'],
  answer: {
    access_token: '{accessToken}',
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: '{refreshToken}',
    scope: '{scope}',
    grant_id: ADA.id,
    email: ADA.email,
  },
} as const

/** Written without the documentation of this version. */
export const nylas: Dialect = {
  authorize: { url: `${BASE}/connect/auth`, pkce: 'either' },
  scopes: {
    defaults: [],
    ask: ['calendar.read', 'email.read'],
    sent: ['calendar.read', 'email.read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 3600 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [{ url: `${BASE}/grants/me`, answer: { data: { id: ADA.id, email: ADA.email } } }],
  account: { ...ADA, name: ADA.email },
  revocation: null,
}
