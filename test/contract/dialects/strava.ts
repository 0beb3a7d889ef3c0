import { statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const invalid = (status: number, resource: string, field: string): ErrorAnswer => ({
  status,
  body: { message: 'Bad Request', errors: [{ resource, field, code: 'invalid' }] },
})
const ANSWER = {
  token_type: 'Bearer',
  expires_at: '{endSeconds}',
  expires_in: 21_600,
  refresh_token: '{refreshToken}',
  access_token: '{accessToken}',
}
const TOKEN = {
  url: 'https://www.strava.com/api/v3/oauth/token',
  auth: 'post',
  formats: ['form'],
} as const
const ATHLETE = { id: 1085, username: 'ada', firstname: 'Ada', lastname: 'Lovelace' }

export const strava: Dialect = {
  authorize: {
    url: 'https://www.strava.com/oauth/authorize',
    tolerated: ['approval_prompt'],
    pkce: 'omitted',
  },
  scopes: {
    defaults: ['read'],
    ask: ['read', 'activity:read'],
    sent: ['read', 'activity:read'],
    separator: ',',
    withheld: 'activity:read',
  },
  // Only the callback lists the granted scopes.
  callback: { scope: '{scope}' },
  exchange: { ...TOKEN, answer: { ...ANSWER, athlete: ATHLETE } },
  refresh: { ...TOKEN, rotation: 'single-use', answer: ANSWER },
  lifetimes: { access: 21_600 },
  errors: {
    dead: [invalid(400, 'RefreshToken', 'refresh_token')],
    temporary: statuses(429, 503),
    config: [invalid(401, 'Application', 'client_id')],
    code: [invalid(400, 'AuthorizationCode', 'code')],
  },
  probes: [{ url: 'https://www.strava.com/api/v3/athlete', answer: ATHLETE }],
  account: { id: '1085', email: null, name: 'Ada Lovelace' },
  kept: { athlete: 1085 },
  revocation: {
    url: 'https://www.strava.com/oauth/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'refresh',
    endsAll: true,
    answer: {},
  },
}
