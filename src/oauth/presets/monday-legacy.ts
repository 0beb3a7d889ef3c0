import type { Preset } from '../recipe/preset-schema.ts'

export const mondayLegacy = {
  name: 'monday.com (legacy)',
  documentation: {
    url: 'https://developer.monday.com/apps/docs/oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['identityScopes'],
  },
  authorizationEndpoint: 'https://auth.monday.com/oauth2/authorize',
  tokenEndpoint: 'https://auth.monday.com/oauth2/token',
  userinfoEndpoint: 'https://api.monday.com/v2',
  clientAuth: 'post',
  identityScopes: ['me:read'],
  responseType: null,
  pkce: 'omit',
  apiHeader: { name: 'Authorization', scheme: null },
  probe: {
    method: 'POST',
    format: 'json',
    params: { query: '{ me { id name email account { id slug } } }' },
  },
  account: { id: 'data.me.id', email: 'data.me.email', name: 'data.me.name' },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
