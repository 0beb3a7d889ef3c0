import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

export const stripe: Dialect = {
  authorize: { url: 'https://connect.stripe.com/oauth/authorize', pkce: 'omitted' },
  scopes: { defaults: ['read_write'], ask: ['read_write'], sent: ['read_write'], separator: ' ' },
  exchange: {
    url: 'https://connect.stripe.com/oauth/token',
    // The secret is a key of the platform's API.
    auth: 'post',
    formats: ['form'],
    answer: {
      access_token: '{accessToken}',
      token_type: 'bearer',
      // Only for the key of the other mode; the access token does not expire.
      refresh_token: '{refreshToken}',
      scope: '{scope}',
      livemode: false,
      stripe_user_id: 'acct_1085',
      stripe_publishable_key: 'pk_test_1',
    },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.stripe.com/v1/account',
      answer: { id: 'acct_1085', email: ADA.email, business_profile: { name: ADA.name } },
    },
  ],
  account: { ...ADA, id: 'acct_1085' },
  kept: { account: 'acct_1085', livemode: false },
  revocation: {
    url: 'https://connect.stripe.com/oauth/deauthorize',
    auth: 'none',
    authorization: 'Bearer {clientSecret}',
    params: { client_id: '{clientId}', stripe_user_id: 'acct_1085' },
    tokens: 'account',
    endsAll: true,
    answer: { stripe_user_id: 'acct_1085' },
    isGuess: true,
  },
}
