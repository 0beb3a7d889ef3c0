import { ADA, statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

/** Errors come with 200. */
const wrong = (error: string): ErrorAnswer => ({ status: 200, body: { error } })
// The callback names the user's data centre; the code is only valid there.
const ACCOUNTS = 'https://accounts.zoho.eu'
const ANSWER = {
  access_token: '{accessToken}',
  scope: '{scope}',
  api_domain: 'https://www.zohoapis.eu',
  token_type: 'Bearer',
  expires_in: 3600,
}
const TOKEN = {
  url: `${ACCOUNTS}/oauth/v2/token`,
  auth: 'post',
  formats: ['form', 'query'],
} as const

export const zoho: Dialect = {
  authorize: {
    url: 'https://accounts.zoho.com/oauth/v2/auth',
    params: { access_type: 'offline', prompt: 'consent' },
    pkce: 'sent',
  },
  scopes: {
    defaults: ['AaaServer.profile.READ'],
    ask: ['ZohoCRM.modules.READ'],
    sent: ['AaaServer.profile.READ', 'ZohoCRM.modules.READ'],
    separator: ',',
  },
  callback: { location: 'eu', 'accounts-server': ACCOUNTS },
  exchange: { ...TOKEN, answer: { ...ANSWER, refresh_token: '{refreshToken}' } },
  refresh: { ...TOKEN, rotation: 'none', answer: ANSWER },
  lifetimes: { access: 3600 },
  cap: 20,
  errors: {
    dead: [wrong('invalid_code')],
    temporary: [
      ...statuses(429, 503),
      {
        status: 400,
        slowsDown: true,
        body: {
          error: 'Access Denied',
          error_description:
            'You have made too many requests continuously. Please try again after some time.',
        },
      },
    ],
    config: ['invalid_client', 'invalid_client_secret', 'invalid_redirect_uri'].map(wrong),
    code: [wrong('invalid_code')],
  },
  probes: [
    {
      url: `${ACCOUNTS}/oauth/user/info`,
      answer: {
        ZUID: 1085,
        Email: ADA.email,
        Display_Name: ADA.name,
        First_Name: 'Ada',
        Last_Name: 'Lovelace',
      },
    },
  ],
  account: ADA,
  kept: { accounts: ACCOUNTS, location: 'eu', api: 'https://www.zohoapis.eu' },
  apiHeader: { name: 'Authorization', value: 'Zoho-oauthtoken {accessToken}' },
  revocation: {
    url: `${ACCOUNTS}/oauth/v2/token/revoke`,
    auth: 'anything',
    params: { token: '{token}' },
    tokens: 'refresh',
    answer: { status: 'success' },
  },
}
