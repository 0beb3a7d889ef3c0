import { INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

/** Old deployments, as Cal.com documented them: no lifetime, no token type, errors without a code. */
export const calcomLegacy: Dialect = {
  authorize: { url: 'https://app.cal.com/auth/oauth2/authorize', pkce: 'either' },
  scopes: {
    defaults: ['READ_PROFILE', 'READ_BOOKING'],
    ask: ['READ_PROFILE', 'READ_BOOKING'],
    sent: ['READ_PROFILE', 'READ_BOOKING'],
    separator: ',',
  },
  exchange: {
    url: 'https://app.cal.com/api/auth/oauth/token',
    auth: 'post',
    formats: ['form'],
    answer: { access_token: '{accessToken}', refresh_token: '{refreshToken}' },
  },
  refresh: {
    url: 'https://app.cal.com/api/auth/oauth/refreshToken',
    auth: 'post',
    formats: ['form'],
    tokenInHeader: true,
    // Newer deployments require it here and accept it everywhere.
    tolerated: ['refresh_token'],
    rotation: 'none',
    answer: { access_token: '{accessToken}' },
  },
  lifetimes: { access: 1800, refresh: 30 * 86_400, idle: 30 * 86_400 },
  endsSiblings: true,
  errors: {
    dead: [INVALID_GRANT],
    // For an invalid refresh token and for a wrong client secret.
    temporary: [...statuses(429, 500), { status: 401, body: { message: 'Unauthorized' } }],
    config: [INVALID_CLIENT, { status: 400, body: { message: 'Missing client id or secret' } }],
  },
  probes: [
    { url: 'https://app.cal.com/api/auth/oauth/me', status: 201, answer: { username: 'ada' } },
  ],
  account: { id: 'ada', email: null, name: 'ada' },
  revocation: null,
}
