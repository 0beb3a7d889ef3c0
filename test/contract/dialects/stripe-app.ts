import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.stripe.com/v1/oauth/token',
  auth: 'secret-as-user',
  formats: ['form'],
  answer: {
    access_token: '{accessToken}',
    token_type: 'bearer',
    refresh_token: '{refreshToken}',
    scope: 'stripe_apps',
    livemode: false,
    stripe_user_id: 'acct_1085',
    stripe_publishable_key: 'pk_test_1',
  },
} as const

export const stripeApp: Dialect = {
  authorize: { url: 'https://marketplace.stripe.com/oauth/v2/authorize', pkce: 'omitted' },
  scopes: null,
  granted: ['stripe_apps'],
  // The exchange accepts only the code.
  exchange: { ...TOKEN, params: { redirect_uri: null } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  // The documentation has this lifetime; no answer does.
  lifetimes: { access: 3600 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.stripe.com/v1/account',
      answer: { id: 'acct_1085', email: ADA.email, business_profile: { name: ADA.name } },
    },
  ],
  account: { ...ADA, id: 'acct_1085' },
  kept: { account: 'acct_1085', livemode: false },
  revocation: null,
}
