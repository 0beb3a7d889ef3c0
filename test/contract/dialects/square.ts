import { statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const wrong = (code: string): ErrorAnswer => ({
  status: 401,
  body: { errors: [{ category: 'AUTHENTICATION_ERROR', code, detail: 'as Square words it' }] },
})
const BASE = 'https://connect.squareup.com'
const TOKEN = {
  url: `${BASE}/oauth2/token`,
  auth: 'post',
  formats: ['json', 'form'],
  answer: {
    access_token: '{accessToken}',
    token_type: 'bearer',
    expires_at: '{endIso}',
    merchant_id: 'm-1085',
    refresh_token: '{refreshToken}',
    short_lived: false,
  },
} as const

/** The code flow with a secret. With PKCE, refresh tokens would be single-use. */
export const square: Dialect = {
  authorize: { url: `${BASE}/oauth2/authorize`, params: { session: 'false' }, pkce: 'omitted' },
  scopes: {
    defaults: ['MERCHANT_PROFILE_READ'],
    ask: ['MERCHANT_PROFILE_READ', 'APPOINTMENTS_READ'],
    sent: ['MERCHANT_PROFILE_READ', 'APPOINTMENTS_READ'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 2_592_000, refresh: null },
  errors: {
    dead: [wrong('ACCESS_TOKEN_REVOKED')],
    temporary: statuses(429, 503),
    // A wrong secret.
    config: [{ status: 401, body: { message: 'Not Authorized', type: 'service.not_authorized' } }],
    code: [{ status: 400, body: { type: 'invalid_grant' } }],
  },
  probes: [
    {
      url: `${BASE}/v2/merchants/me`,
      answer: { merchant: { id: 'm-1085', business_name: 'Analytical Engines' } },
    },
  ],
  account: { id: 'm-1085', email: null, name: 'Analytical Engines' },
  kept: { merchant: 'm-1085' },
  revocation: {
    url: `${BASE}/oauth2/revoke`,
    auth: 'none',
    authorization: 'Client {clientSecret}',
    formats: ['json'],
    params: { client_id: '{clientId}', access_token: '{token}' },
    tolerated: ['merchant_id'],
    tokens: 'access',
    endsAll: true,
    answer: { success: true },
  },
}
