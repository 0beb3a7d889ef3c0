import type { Preset } from '../recipe/preset-schema.ts'

export const typeform = {
  name: 'Typeform',
  documentation: {
    url: 'https://www.typeform.com/developers/get-started/applications/',
    verifiedOn: '2026-08-23',
    unverified: ['params.host', 'refreshTokens.rotation'],
  },
  params: {
    host: {
      description: 'api.typeform.com, or api.eu.typeform.com for Europe',
      pattern: 'api\\.(?:eu\\.)?typeform\\.com',
      default: 'api.typeform.com',
    },
  },
  authorizationEndpoint: 'https://{host}/oauth/authorize',
  tokenEndpoint: 'https://{host}/oauth/token',
  userinfoEndpoint: 'https://{host}/me',
  clientAuth: 'post',
  identityScopes: ['accounts:read'],
  offline: { scope: 'offline' },
  pkce: 'omit',
  account: { id: 'user_id', email: 'email', name: 'alias' },
  revocation: null,
  refreshTokens: { issued: 'on-request', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
