import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://engines.zendesk.com'
const TOKEN = {
  url: `${BASE}/oauth/tokens`,
  auth: 'post',
  formats: ['form', 'json'],
  // Without them, a client made before 2026-04-30 gets no expiry and no refresh token.
  params: { expires_in: '86400', refresh_token_expires_in: '7776000' },
  tolerated: ['scope'],
  answer: tokens(86_400, { refresh_token_expires_in: 7_776_000 }),
} as const

export const zendesk: Dialect = {
  settings: { subdomain: 'engines' },
  authorize: { url: `${BASE}/oauth/authorizations/new`, pkce: 'sent' },
  scopes: {
    defaults: ['read'],
    ask: ['read', 'tickets:write'],
    sent: ['read', 'tickets:write'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  endsAccessToken: true,
  lifetimes: { access: 86_400, refresh: 7_776_000 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${BASE}/api/v2/users/me.json`,
      answer: { user: { id: 1085, email: ADA.email, name: ADA.name } },
    },
  ],
  account: { ...ADA, id: 'engines:1085' },
  revocation: {
    url: `${BASE}/api/v2/oauth/tokens/current.json`,
    method: 'DELETE',
    auth: 'token',
    tokens: 'access',
    status: 204,
    isGuess: true,
  },
}
