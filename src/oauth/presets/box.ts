import type { Preset } from '../recipe/preset-schema.ts'

export const box = {
  name: 'Box',
  documentation: {
    url: 'https://developer.box.com/guides/authentication/tokens/refresh',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['pkce', 'revocation.reach'],
  },
  params: {
    authorizationHost: {
      description: 'account.box.com, or ent.box.com for Box Verified Enterprise',
      pattern: '(?:account|ent)\\.box\\.com',
      default: 'account.box.com',
    },
  },
  authorizationEndpoint: 'https://{authorizationHost}/api/oauth2/authorize',
  tokenEndpoint: 'https://api.box.com/oauth2/token',
  revocationEndpoint: 'https://api.box.com/oauth2/revoke',
  userinfoEndpoint: 'https://api.box.com/2.0/users/me',
  clientAuth: 'post',
  pkce: 'omit',
  account: { id: 'id', email: 'login', name: 'name' },
  // Revoking the refresh token also revokes its access tokens.
  revocation: { tokens: 'any', sendsHint: false, reach: 'account' },
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
