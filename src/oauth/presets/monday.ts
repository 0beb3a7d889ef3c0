import type { Preset } from '../recipe/preset-schema.ts'

export const monday = {
  name: 'monday.com',
  documentation: {
    url: 'https://developer.monday.com/apps/docs/migrating-to-the-new-oauth-flow',
    verifiedOn: '2026-11-30',
    checkedOn: '2026-11-27',
    unverified: ['identityScopes', 'refreshTokens.lifetimeSeconds', 'revocation.reach'],
  },
  authorizationEndpoint: 'https://auth.monday.com/oauth2/authorize',
  tokenEndpoint: 'https://auth.monday.com/oauth_ms/oauth/token',
  revocationEndpoint: 'https://auth.monday.com/oauth_ms/oauth/revoke',
  userinfoEndpoint: 'https://api.monday.com/v2',
  clientAuth: 'post',
  identityScopes: ['me:read'],
  responseType: null,
  pkce: 'required',
  tokenRequestFormat: 'json',
  apiHeader: { name: 'Authorization', scheme: null },
  probe: {
    method: 'POST',
    format: 'json',
    params: { query: '{ me { id name email account { id slug } } }' },
  },
  account: { id: 'data.me.id', email: 'data.me.email', name: 'data.me.name' },
  revocation: { format: 'json', reach: 'account', success: { where: { success: [true] } } },
  // Only the token itself contains its lifetime, not the answer.
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    // The lifetime starts at the consent. A refresh does not extend it.
    lifetimeSeconds: 15_552_000,
  },
} as const satisfies Preset
