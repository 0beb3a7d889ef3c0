import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.cal.com/v2/auth/oauth2/token',
  auth: 'post',
  formats: ['form', 'json'],
  answer: tokens(1800, { token_type: 'bearer' }),
} as const
const because = (error: string, reason: string, status = 400) =>
  oauthError(error, status, { error_description: reason })

export const calcom: Dialect = {
  authorize: { url: 'https://app.cal.com/auth/oauth2/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['PROFILE_READ'],
    ask: ['PROFILE_READ', 'BOOKING_READ'],
    sent: ['PROFILE_READ', 'BOOKING_READ'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 1800, idle: 30 * 86_400, grace: 0 },
  endsSiblings: true,
  errors: {
    dead: [
      because('invalid_grant', 'invalid_refresh_token'),
      because('invalid_grant', 'refresh_token_revoked'),
      INVALID_GRANT,
    ],
    temporary: [...statuses(429, 500), oauthError('server_error', 500)],
    config: [
      because('invalid_client', 'invalid_client_credentials', 401),
      because('invalid_client', 'client_not_found', 401),
      // A client that is not approved yet affects all of its users.
      because('unauthorized_client', 'client_not_approved', 401),
      oauthError('invalid_request'),
      oauthError('invalid_scope'),
    ],
    code: [because('invalid_grant', 'code_invalid_or_expired')],
  },
  probes: [
    {
      url: 'https://api.cal.com/v2/me',
      answer: { status: 'success', data: { id: 1085, email: ADA.email, name: ADA.name } },
    },
  ],
  account: ADA,
  revocation: null,
}
