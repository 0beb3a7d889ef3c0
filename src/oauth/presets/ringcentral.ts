import type { Preset } from '../recipe/preset-schema.ts'

export const ringcentral = {
  name: 'RingCentral',
  documentation: {
    url: 'https://developers.ringcentral.com/guide/authentication/refresh-tokens',
    verifiedOn: '2026-08-23',
    unverified: ['userinfoEndpoint', 'account', 'revocation', 'refreshTokens.perAccount'],
  },
  authorizationEndpoint: 'https://platform.ringcentral.com/restapi/oauth/authorize',
  tokenEndpoint: 'https://platform.ringcentral.com/restapi/oauth/token',
  revocationEndpoint: 'https://platform.ringcentral.com/restapi/oauth/revoke',
  userinfoEndpoint: 'https://platform.ringcentral.com/restapi/v1.0/account/~/extension/~',
  clientAuth: 'basic',
  account: { id: 'id', email: 'contact.email', name: 'name' },
  keep: { ownerId: { from: 'tokens', path: 'owner_id' } },
  revocation: { sendsHint: false },
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 604_800,
    perAccount: 5,
  },
} as const satisfies Preset
