import type { Preset } from '../recipe/preset-schema.ts'

export const airtable = {
  name: 'Airtable',
  documentation: {
    url: 'https://airtable.com/developers/web/api/oauth-reference',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['errors.temporary', 'refreshTokens.graceSeconds', 'refreshTokens.idleSeconds'],
  },
  authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
  tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
  userinfoEndpoint: 'https://api.airtable.com/v0/meta/whoami',
  clientAuth: 'basic',
  identityScopes: ['user.email:read'],
  pkce: 'required',
  account: { id: 'id', email: 'email', name: ['email', 'id'] },
  // 409 means that another request is refreshing the same token.
  errors: { temporary: [{ statuses: [409] }] },
  revocation: null,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    // Reuse can disable the whole integration for all its users.
    replay: 'never',
    graceSeconds: 0,
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
