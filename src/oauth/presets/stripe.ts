import type { Preset } from '../recipe/preset-schema.ts'

export const stripe = {
  name: 'Stripe Connect',
  documentation: {
    url: 'https://docs.stripe.com/connect/oauth-reference',
    verifiedOn: '2026-08-23',
    unverified: ['pkce', 'answer.refreshToken', 'revocation'],
  },
  authorizationEndpoint: 'https://connect.stripe.com/oauth/authorize',
  tokenEndpoint: 'https://connect.stripe.com/oauth/token',
  revocationEndpoint: 'https://connect.stripe.com/oauth/deauthorize',
  userinfoEndpoint: 'https://api.stripe.com/v1/account',
  // The client secret is the platform's secret API key.
  clientAuth: 'post',
  identityScopes: ['read_write'],
  pkce: 'omit',
  // The access token does not expire. A refresh would only replace it.
  answer: { refreshToken: null },
  account: {
    id: 'id',
    email: 'email',
    name: ['business_profile.name', 'settings.dashboard.display_name'],
  },
  accountFromTokens: { id: 'stripe_user_id' },
  keep: {
    stripeUserId: { from: 'tokens', path: 'stripe_user_id', pattern: 'acct_\\w+' },
    livemode: { from: 'tokens', path: 'livemode' },
  },
  revocation: {
    auth: 'secret',
    params: { client_id: '{clientId}', stripe_user_id: '{stripeUserId}' },
    tokenParam: null,
    tokens: 'any',
    sendsHint: false,
    reach: 'account',
  },
  refreshTokens: {
    issued: 'never',
    rotation: 'none',
  },
} as const satisfies Preset
