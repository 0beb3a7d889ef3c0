import type { Preset } from '../recipe/preset-schema.ts'

export const nylas = {
  name: 'Nylas',
  documentation: {
    url: 'https://developer.nylas.com/docs/v3/auth/',
    verifiedOn: '2026-08-23',
    unverified: [
      'params.region',
      'authorizationEndpoint',
      'tokenEndpoint',
      'userinfoEndpoint',
      'clientAuth',
      'tokenRequestFormat',
      'account',
    ],
  },
  params: {
    region: { description: 'us or eu', pattern: 'us|eu', default: 'us' },
  },
  authorizationEndpoint: 'https://api.{region}.nylas.com/v3/connect/auth',
  tokenEndpoint: 'https://api.{region}.nylas.com/v3/connect/token',
  userinfoEndpoint: 'https://api.{region}.nylas.com/v3/grants/me',
  // The client secret is the API key.
  clientAuth: 'post',
  tokenRequestFormat: 'json',
  account: { id: 'data.id', email: 'data.email', name: 'data.email' },
  revocation: null,
  refreshTokens: { rotation: 'unknown', replay: 'allowed' },
} as const satisfies Preset
