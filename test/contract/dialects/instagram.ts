import { statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const expired: ErrorAnswer = {
  status: 400,
  body: { error: { message: 'as Meta words it', type: 'OAuthException', code: 190 } },
}
const LONG = { access_token: '{accessToken}', token_type: 'bearer', expires_in: 5_184_000 }
const RENEWAL = { method: 'GET', formats: ['query'], answer: LONG } as const
const ME = { id: '1085', username: 'ada', account_type: 'BUSINESS', name: 'Ada Lovelace' }

export const instagram: Dialect = {
  authorize: { url: 'https://www.instagram.com/oauth/authorize', pkce: 'either' },
  scopes: {
    defaults: ['instagram_business_basic'],
    ask: ['instagram_business_basic', 'instagram_business_content_publish'],
    sent: ['instagram_business_basic', 'instagram_business_content_publish'],
    separator: ',',
  },
  codeSuffix: '#_',
  exchange: {
    url: 'https://api.instagram.com/oauth/access_token',
    auth: 'post',
    formats: ['form'],
    // Newer answers have a list.
    answer: { data: [{ access_token: '{accessToken}', user_id: '1085', permissions: '{scope}' }] },
  },
  secondExchange: {
    ...RENEWAL,
    url: 'https://graph.instagram.com/access_token',
    auth: 'post',
    params: { grant_type: 'ig_exchange_token', client_id: null, access_token: '{accessToken}' },
    tolerated: ['client_id'],
  },
  refresh: {
    ...RENEWAL,
    url: 'https://graph.instagram.com/refresh_access_token',
    auth: 'none',
    params: {
      grant_type: 'ig_refresh_token',
      client_id: null,
      refresh_token: null,
      access_token: '{accessToken}',
    },
    tolerated: ['client_id'],
    rotation: 'none',
  },
  lifetimes: { access: 5_184_000, refresh: 5_184_000 },
  errors: {
    dead: [expired],
    temporary: statuses(429, 503),
    config: [{ status: 401, body: { error: 'invalid_client' } }],
    code: [
      {
        status: 400,
        body: { error_type: 'OAuthException', code: 400, error_message: 'Invalid code' },
      },
    ],
  },
  probes: [
    {
      url: 'https://graph.instagram.com/me?fields=id,username,account_type,name',
      authorization: null,
      formats: ['query'],
      params: { access_token: '{accessToken}' },
      answer: ME,
    },
  ],
  account: { id: '1085', email: null, name: 'ada' },
  revocation: null,
}
