import { ADA, statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const GRAPH = 'https://graph.facebook.com/v24.0'
const failure = (
  code: number,
  more: Record<string, string | number | boolean> = {},
): ErrorAnswer => ({
  status: 400,
  body: { error: { message: 'as Meta words it', type: 'OAuthException', code, ...more } },
})
const LONG = { access_token: '{accessToken}', token_type: 'bearer', expires_in: 5_184_000 }
const RENEWAL = {
  url: `${GRAPH}/oauth/access_token`,
  auth: 'post',
  formats: ['form', 'query'],
  mayBeGet: true,
  params: {
    grant_type: 'fb_exchange_token',
    refresh_token: null,
    fb_exchange_token: '{accessToken}',
  },
  answer: LONG,
} as const

/** A valid access token renews itself; there are no refresh tokens. */
export const facebook: Dialect = {
  authorize: {
    url: 'https://www.facebook.com/v24.0/dialog/oauth',
    tolerated: ['auth_type'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['email', 'public_profile'],
    ask: ['email', 'public_profile', 'pages_show_list'],
    sent: ['email', 'public_profile', 'pages_show_list'],
    separator: ',',
  },
  exchange: {
    url: `${GRAPH}/oauth/access_token`,
    auth: 'post',
    formats: ['form', 'query'],
    params: { grant_type: null },
    tolerated: ['grant_type'],
    answer: { ...LONG, expires_in: 5183 },
  },
  secondExchange: RENEWAL,
  refresh: { ...RENEWAL, rotation: 'none' },
  lifetimes: { access: 5_184_000, refresh: 5_184_000 },
  errors: {
    dead: [460, 463, 467].map((error_subcode) => failure(190, { error_subcode })),
    temporary: [...[1, 2, 4, 17, 341].map((code) => failure(code)), ...statuses(503)],
    config: [{ status: 401, body: { error: 'invalid_client' } }],
    code: [failure(100)],
  },
  // The URL has a token, so Larder must not log it.
  probes: [
    {
      url: `${GRAPH}/me?fields=id,name,email`,
      authorization: null,
      formats: ['query'],
      params: { access_token: '{accessToken}' },
      answer: ADA,
    },
  ],
  account: ADA,
  revocation: {
    url: `${GRAPH}/me/permissions`,
    method: 'DELETE',
    auth: 'none',
    formats: ['query'],
    params: { client_id: null, access_token: '{token}' },
    tokens: 'access',
    endsAll: true,
    answer: { success: true },
    isGuess: true,
  },
}
