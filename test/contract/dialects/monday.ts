import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ANSWER = {
  access_token: '{accessToken}',
  refresh_token: '{refreshToken}',
  token_type: 'Bearer',
  scope: '{scope}',
} as const
const TOKEN = {
  url: 'https://auth.monday.com/oauth_ms/oauth/token',
  auth: 'post',
  formats: ['json'],
  answer: ANSWER,
} as const

export const monday: Dialect = {
  authorize: {
    url: 'https://auth.monday.com/oauth2/authorize',
    params: { response_type: null },
    tolerated: ['force_install_if_needed', 'response_type'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['me:read'],
    ask: ['me:read', 'boards:read'],
    sent: ['me:read', 'boards:read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  // Counted from the consent; no refresh extends it.
  lifetimes: { access: 3600, refresh: 15_552_000 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.monday.com/v2',
      method: 'POST',
      formats: ['json'],
      params: { query: '*' },
      answer: { data: { me: { id: 1085, name: ADA.name, email: ADA.email, account: { id: 7 } } } },
    },
  ],
  account: ADA,
  apiHeader: { name: 'Authorization', value: '{accessToken}' },
  revocation: {
    url: 'https://auth.monday.com/oauth_ms/oauth/revoke',
    auth: 'post',
    formats: ['json'],
    params: { token: '{token}' },
    tokens: 'either',
    answer: { success: true },
  },
}
