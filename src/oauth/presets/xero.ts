import type { Preset } from '../recipe/preset-schema.ts'

export const xero = {
  name: 'Xero',
  documentation: {
    url: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['revocation'],
  },
  // The account is the user, who may grant access to several organisations. GET /connections lists
  // them.
  issuer: 'https://identity.xero.com',
  authorizationEndpoint: 'https://login.xero.com/identity/connect/authorize',
  tokenEndpoint: 'https://identity.xero.com/connect/token',
  clientAuth: 'basic',
  identityScopes: ['openid', 'profile', 'email'],
  offline: { scope: 'offline_access' },
  revocation: { tokens: 'refresh', sendsHint: false, reach: 'account' },
  accessTokenSeconds: 1800,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 1800,
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
