import type { Preset } from '../recipe/preset-schema.ts'

export const clickup = {
  name: 'ClickUp',
  documentation: {
    url: 'https://developer.clickup.com/docs/authentication',
    verifiedOn: '2026-08-23',
    unverified: ['tokenRequestFormat'],
  },
  authorizationEndpoint: 'https://app.clickup.com/api',
  tokenEndpoint: 'https://api.clickup.com/api/v2/oauth/token',
  userinfoEndpoint: 'https://api.clickup.com/api/v2/user',
  clientAuth: 'post',
  // The user chooses workspaces instead of scopes.
  scopeParam: null,
  tokenRequestFormat: 'json',
  apiHeader: { name: 'Authorization', scheme: null },
  account: { id: 'user.id', email: 'user.email', name: 'user.username' },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
