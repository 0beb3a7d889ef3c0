import type { Preset } from '../recipe/preset-schema.ts'

export const asana = {
  name: 'Asana',
  documentation: {
    url: 'https://developers.asana.com/docs/oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['clientAuth'],
  },
  authorizationEndpoint: 'https://app.asana.com/-/oauth_authorize',
  tokenEndpoint: 'https://app.asana.com/-/oauth_token',
  revocationEndpoint: 'https://app.asana.com/-/oauth_revoke',
  userinfoEndpoint: 'https://app.asana.com/api/1.0/users/me',
  clientAuth: 'post',
  scopes: ['default'],
  account: { id: 'data.gid', email: 'data.email', name: 'data.name' },
  // If the scope `users:read` is not granted, only the token answer identifies the account.
  accountFromTokens: { id: 'data.gid', email: 'data.email', name: 'data.name' },
  // Asana refuses to revoke access tokens. Revoking a refresh token also revokes its access tokens.
  revocation: { tokens: 'refresh', sendsHint: false, reach: 'token' },
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
