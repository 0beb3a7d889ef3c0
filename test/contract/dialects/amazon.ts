import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.amazon.com/auth/o2/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(3600, { token_type: 'bearer', scope: undefined }),
} as const

export const amazon: Dialect = {
  authorize: { url: 'https://www.amazon.com/ap/oa', pkce: 'sent' },
  scopes: {
    defaults: ['profile'],
    ask: ['profile', 'postal_code'],
    sent: ['profile', 'postal_code'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 3600 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: [...statuses(429, 503), oauthError('ServerError')],
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.amazon.com/user/profile',
      answer: { user_id: ADA.id, email: ADA.email, name: ADA.name },
    },
  ],
  account: ADA,
  revocation: null,
}
