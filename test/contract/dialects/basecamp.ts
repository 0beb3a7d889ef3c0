import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://launchpad.37signals.com'
const ANSWER = { access_token: '{accessToken}', expires_in: 1_209_600 }
// Draft 05 of OAuth 2: `type` instead of `grant_type` and `response_type`.
const TOKEN = {
  url: `${BASE}/authorization/token`,
  auth: 'post',
  formats: ['form', 'query'],
} as const

export const basecamp: Dialect = {
  authorize: {
    url: `${BASE}/authorization/new`,
    params: { type: 'web_server', response_type: null },
    pkce: 'omitted',
  },
  scopes: null,
  exchange: {
    ...TOKEN,
    params: { type: 'web_server', grant_type: null },
    answer: { ...ANSWER, refresh_token: '{refreshToken}' },
  },
  refresh: {
    ...TOKEN,
    params: { type: 'refresh', grant_type: null },
    tolerated: ['redirect_uri'],
    rotation: 'none',
    answer: ANSWER,
  },
  lifetimes: { access: 1_209_600 },
  errors: {
    dead: [INVALID_GRANT, oauthError('invalid_grant', 401)],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${BASE}/authorization.json`,
      headers: { 'user-agent': '*' },
      answer: {
        expires_at: '2026-12-06T12:00:00Z',
        identity: { id: 1085, first_name: 'Ada', last_name: 'Lovelace', email_address: ADA.email },
        accounts: [{ product: 'bc3', id: 7, name: 'Engines', href: 'https://3.basecampapi.com/7' }],
      },
    },
  ],
  account: ADA,
  kept: { account: 7, href: 'https://3.basecampapi.com/7' },
  revocation: null,
}
