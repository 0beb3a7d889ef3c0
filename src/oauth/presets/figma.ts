import type { Preset } from '../recipe/preset-schema.ts'

export const figma = {
  name: 'Figma',
  documentation: {
    url: 'https://developers.figma.com/docs/rest-api/authentication/',
    verifiedOn: '2026-08-23',
    unverified: ['identityScopes'],
  },
  authorizationEndpoint: 'https://www.figma.com/oauth',
  tokenEndpoint: 'https://api.figma.com/v1/oauth/token',
  refreshEndpoint: 'https://api.figma.com/v1/oauth/refresh',
  userinfoEndpoint: 'https://api.figma.com/v1/me',
  clientAuth: 'basic',
  identityScopes: ['current_user:read'],
  account: { id: 'id', email: 'email', name: 'handle' },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
