import type { Preset } from '../recipe/preset-schema.ts'

export const dropbox = {
  name: 'Dropbox',
  documentation: {
    url: 'https://developers.dropbox.com/oauth-guide',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['revocation.format'],
  },
  authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
  tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
  revocationEndpoint: 'https://api.dropboxapi.com/2/auth/token/revoke',
  userinfoEndpoint: 'https://api.dropboxapi.com/2/users/get_current_account',
  clientAuth: 'post',
  identityScopes: ['account_info.read'],
  authorizationParams: { token_access_type: 'offline' },
  // The probe and the revocation accept neither a body nor a content type.
  probe: { method: 'POST', format: 'query' },
  account: { id: 'account_id', email: 'email', name: 'name.display_name' },
  revocation: {
    auth: 'token',
    format: 'query',
    tokenParam: null,
    tokens: 'access',
    sendsHint: false,
    reach: 'token',
  },
  accessTokenSeconds: 14_400,
  refreshTokens: { issued: 'on-request', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
