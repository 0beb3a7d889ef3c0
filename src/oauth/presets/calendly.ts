import type { Preset } from '../recipe/preset-schema.ts'

export const calendly = {
  name: 'Calendly',
  documentation: {
    url: 'https://developer.calendly.com/docs/authentication/refresh-token-rotation-guide',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['clientAuth', 'identityScopes', 'revocation.reach'],
  },
  authorizationEndpoint: 'https://auth.calendly.com/oauth/authorize',
  tokenEndpoint: 'https://auth.calendly.com/oauth/token',
  revocationEndpoint: 'https://auth.calendly.com/oauth/revoke',
  userinfoEndpoint: 'https://api.calendly.com/users/me',
  clientAuth: 'post',
  identityScopes: ['users:read'],
  account: { id: 'resource.uri', email: 'resource.email', name: 'resource.name' },
  keep: {
    owner: { from: 'tokens', path: 'owner' },
    organization: { from: 'tokens', path: 'organization' },
  },
  revocation: { sendsHint: false, reach: 'account' },
  accessTokenSeconds: 7200,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
  },
} as const satisfies Preset
