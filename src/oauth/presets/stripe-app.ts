import type { Preset } from '../recipe/preset-schema.ts'

export const stripeApp = {
  name: 'Stripe Apps',
  documentation: {
    url: 'https://docs.stripe.com/stripe-apps/api-authentication/oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['userinfoEndpoint', 'account', 'exchangeRequest'],
  },
  authorizationEndpoint: 'https://marketplace.stripe.com/oauth/v2/authorize',
  tokenEndpoint: 'https://api.stripe.com/v1/oauth/token',
  userinfoEndpoint: 'https://api.stripe.com/v1/account',
  // The client secret is the secret API key.
  clientAuth: 'secret-as-user',
  scopeParam: null,
  pkce: 'omit',
  // The documented request contains no redirect URI.
  exchangeRequest: { rename: { redirect_uri: null } },
  account: { id: 'id', email: 'email', name: 'business_profile.name' },
  // In a refresh answer, the account's id is in `account_id`.
  accountFromTokens: { id: ['stripe_user_id', 'account_id'] },
  keep: {
    stripeUserId: { from: 'tokens', path: 'stripe_user_id' },
    livemode: { from: 'tokens', path: 'livemode' },
  },
  revocation: null,
  // Answers contain no lifetime.
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 31_536_000,
  },
} as const satisfies Preset
