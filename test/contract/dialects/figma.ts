import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ANSWER = { access_token: '{accessToken}', token_type: 'bearer', expires_in: 90 * 86_400 }
const TOKEN = { auth: 'basic', formats: ['form'] } as const

export const figma: Dialect = {
  authorize: { url: 'https://www.figma.com/oauth', pkce: 'sent' },
  scopes: {
    defaults: ['current_user:read'],
    ask: ['current_user:read', 'file_content:read'],
    sent: ['current_user:read', 'file_content:read'],
    separator: ' ',
  },
  exchange: {
    ...TOKEN,
    url: 'https://api.figma.com/v1/oauth/token',
    answer: { ...ANSWER, refresh_token: '{refreshToken}', user_id_string: ADA.id },
  },
  refresh: {
    ...TOKEN,
    url: 'https://api.figma.com/v1/oauth/refresh',
    params: { grant_type: null },
    tolerated: ['grant_type'],
    rotation: 'none',
    answer: ANSWER,
  },
  lifetimes: { access: 90 * 86_400 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.figma.com/v1/me',
      answer: { id: ADA.id, email: ADA.email, handle: ADA.name },
    },
  ],
  account: ADA,
  revocation: null,
}
