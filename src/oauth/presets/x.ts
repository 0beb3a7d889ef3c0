import type { Preset } from '../recipe/preset-schema.ts'

export const x = {
  name: 'X',
  documentation: {
    url: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'errors.dead',
      'refreshTokens.rotation',
      'refreshTokens.replay',
      'refreshTokens.lifetimeSeconds',
      'revocation.reach',
    ],
  },
  authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
  tokenEndpoint: 'https://api.x.com/2/oauth2/token',
  revocationEndpoint: 'https://api.x.com/2/oauth2/revoke',
  userinfoEndpoint: 'https://api.x.com/2/users/me?user.fields=confirmed_email',
  clientAuth: 'basic',
  scopes: ['users.email'],
  identityScopes: ['tweet.read', 'users.read'],
  offline: { scope: 'offline.access' },
  pkce: 'required',
  account: {
    id: 'data.id',
    email: 'data.confirmed_email',
    emailVerified: true,
    name: ['data.name', 'data.username'],
  },
  errors: {
    dead: [
      {
        where: {
          error: ['invalid_request'],
          error_description: ['Value passed for the token was invalid.'],
        },
      },
    ],
  },
  revocation: { sendsHint: false, reach: 'account' },
  accessTokenSeconds: 7200,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'single-use',
    // Reportedly, reuse also revokes the token that replaced this one.
    replay: 'never',
    graceSeconds: 0,
    lifetimeSeconds: 15_552_000,
  },
} as const satisfies Preset
