import type { Preset } from '../recipe/preset-schema.ts'

export const square = {
  name: 'Square',
  documentation: {
    url: 'https://developer.squareup.com/docs/oauth-api/refresh-revoke-limit-scope',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['userinfoEndpoint', 'account', 'answer.refreshTokenExpiresIn', 'errors.dead'],
  },
  authorizationEndpoint: 'https://connect.squareup.com/oauth2/authorize',
  tokenEndpoint: 'https://connect.squareup.com/oauth2/token',
  revocationEndpoint: 'https://connect.squareup.com/oauth2/revoke',
  userinfoEndpoint: 'https://connect.squareup.com/v2/merchants/me',
  clientAuth: 'post',
  identityScopes: ['MERCHANT_PROFILE_READ'],
  authorizationParams: { session: 'false' },
  // If the flow uses PKCE, a refresh token can be used only once and expires after 90 days.
  pkce: 'omit',
  tokenRequestFormat: 'json',
  answer: {
    expiresIn: [{ path: 'expires_in' }, { path: 'expires_at', unit: 'iso' }],
    refreshTokenExpiresIn: [{ path: 'refresh_token_expires_at', unit: 'iso' }],
  },
  account: { id: 'merchant.id', name: 'merchant.business_name' },
  accountFromTokens: { id: 'merchant_id' },
  keep: { merchantId: { from: 'tokens', path: 'merchant_id' } },
  errors: {
    dead: [
      {
        statuses: [401],
        where: { 'errors[].code': ['UNAUTHORIZED', 'ACCESS_TOKEN_REVOKED'] },
      },
      {
        statuses: [400, 401],
        where: { type: ['service.not_authorized', 'invalid_grant'] },
      },
    ],
    // A wrong secret also returns this error.
    config: [
      {
        statuses: [401],
        where: { type: ['service.not_authorized'], message: ['Not Authorized'] },
      },
    ],
  },
  revocation: {
    auth: 'secret',
    scheme: 'Client',
    format: 'json',
    params: { client_id: '{clientId}' },
    tokenParam: 'access_token',
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  accessTokenSeconds: 2_592_000,
  refreshTokens: {
    issued: 'always',
    rotation: 'none',
    replay: 'allowed',
    renewEverySeconds: 604_800,
  },
} as const satisfies Preset
