import type { Preset } from '../recipe/preset-schema.ts'

export const paypal = {
  name: 'PayPal',
  documentation: {
    url: 'https://developer.paypal.com/docs/log-in-with-paypal/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['account.email', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://www.paypal.com/signin/authorize',
  tokenEndpoint: 'https://api-m.paypal.com/v1/oauth2/token',
  userinfoEndpoint: 'https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1',
  clientAuth: 'basic',
  // PayPal claims to support OpenID, but returns no id token.
  identityScopes: ['openid', 'email', 'profile'],
  account: {
    // Do not use `payer_id` here: it requires an extra scope, so one user could have two ids.
    id: 'user_id',
    email: ['emails[primary].value', 'email'],
    name: 'name',
  },
  keep: { payerId: { from: 'probe', path: 'payer_id' } },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
