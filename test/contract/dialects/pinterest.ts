import { INVALID_CLIENT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.pinterest.com/v5/oauth/token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(2_592_000, {
    response_type: 'authorization_code',
    refresh_token_expires_in: 60 * 86_400,
    refresh_token_expires_at: 1_790_000_000,
  }),
} as const

export const pinterest: Dialect = {
  authorize: { url: 'https://www.pinterest.com/oauth/', pkce: 'either' },
  scopes: {
    defaults: ['user_accounts:read'],
    ask: ['user_accounts:read', 'boards:read'],
    sent: ['user_accounts:read', 'boards:read'],
    separator: ',',
  },
  // Older apps get this kind of refresh token only on request.
  exchange: { ...TOKEN, params: { continuous_refresh: 'true' } },
  refresh: { ...TOKEN, tolerated: ['continuous_refresh'], rotation: 'single-use' },
  lifetimes: { access: 2_592_000, refresh: 60 * 86_400 },
  errors: {
    dead: [{ status: 400, body: { error: 'invalid_grant' } }],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.pinterest.com/v5/user_account',
      answer: { id: '1085', username: 'ada', account_type: 'BUSINESS' },
    },
  ],
  account: { id: '1085', email: null, name: 'ada' },
  revocation: null,
}
