import type { Preset } from '../recipe/preset-schema.ts'

export const pinterest = {
  name: 'Pinterest',
  documentation: {
    url: 'https://developers.pinterest.com/docs/getting-started/authentication/',
    verifiedOn: '2026-08-23',
    unverified: ['scopeSeparator', 'account.id', 'errors.dead'],
  },
  authorizationEndpoint: 'https://www.pinterest.com/oauth/',
  tokenEndpoint: 'https://api.pinterest.com/v5/oauth/token',
  userinfoEndpoint: 'https://api.pinterest.com/v5/user_account',
  clientAuth: 'basic',
  identityScopes: ['user_accounts:read'],
  scopeSeparator: ',',
  // Apps created before 2025-09-25 must request continuous refresh.
  exchangeRequest: { params: { continuous_refresh: 'true' } },
  account: { id: ['id', 'username'], name: 'username' },
  // Error code 283 means that the refresh token is refused.
  errors: { dead: [{ statuses: [400, 401], where: { code: [283] } }] },
  revocation: null,
  accessTokenSeconds: 2_592_000,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
