import type { Preset } from '../recipe/preset-schema.ts'

export const docusign = {
  name: 'DocuSign',
  documentation: {
    url: 'https://developers.docusign.com/platform/auth/authcode/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['keep.accounts', 'revocation'],
  },
  authorizationEndpoint: 'https://account.docusign.com/oauth/auth',
  tokenEndpoint: 'https://account.docusign.com/oauth/token',
  revocationEndpoint: 'https://account.docusign.com/oauth/revoke',
  userinfoEndpoint: 'https://account.docusign.com/oauth/userinfo',
  clientAuth: 'basic',
  scopes: ['signature'],
  // If this scope is granted, each refresh returns a refresh token with a full lifetime.
  offline: { scope: 'extended' },
  // Each account contains the base URL of its API.
  keep: { accounts: { from: 'probe', path: 'accounts' } },
  revocation: { sendsHint: false, reach: 'account' },
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 2_592_000,
  },
} as const satisfies Preset
