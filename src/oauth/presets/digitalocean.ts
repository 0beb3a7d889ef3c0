import type { Preset } from '../recipe/preset-schema.ts'

export const digitalocean = {
  name: 'DigitalOcean',
  documentation: {
    url: 'https://docs.digitalocean.com/reference/api/oauth/',
    verifiedOn: '2026-08-23',
    unverified: ['refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://cloud.digitalocean.com/v1/oauth/authorize',
  tokenEndpoint: 'https://cloud.digitalocean.com/v1/oauth/token',
  userinfoEndpoint: 'https://api.digitalocean.com/v2/account',
  clientAuth: 'post',
  identityScopes: ['read'],
  account: {
    id: 'account.uuid',
    email: 'account.email',
    emailVerified: 'account.email_verified',
    name: 'account.email',
  },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
