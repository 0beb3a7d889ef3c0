import type { Preset } from './schema.ts'

export const fitbit = {
  name: 'Fitbit',
  documentation: {
    url: 'https://dev.fitbit.com/build/reference/web-api/developer-guide/authorization/',
    verifiedOn: '2026-08-23',
    unverified: ['errors'],
  },
  authorizationEndpoint: 'https://www.fitbit.com/oauth2/authorize',
  tokenEndpoint: 'https://api.fitbit.com/oauth2/token',
  userinfoEndpoint: 'https://api.fitbit.com/1/user/-/profile.json',
  clientAuth: 'basic',
  identityScopes: ['profile'],
  account: { id: 'user.encodedId', name: 'user.displayName' },
  accountFromTokens: { id: 'user_id' },
  keep: { userId: { from: 'tokens', path: 'user_id' } },
  errors: {
    dead: [{ statuses: [400, 401], where: { 'errors[].errorType': ['invalid_grant'] } }],
    config: [{ statuses: [401], where: { 'errors[].errorType': ['invalid_client'] } }],
  },
  revocation: null,
  refreshTokens: {
    issued: 'always',
    // The same request within two minutes brings the same pair.
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 120,
  },
} as const satisfies Preset
