import type { Preset } from '../recipe/preset-schema.ts'

export const yahoo = {
  name: 'Yahoo',
  documentation: {
    url: 'https://developer.yahoo.com/oauth2/guide/',
    verifiedOn: '2026-08-23',
    unverified: ['refreshRequest.params', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://api.login.yahoo.com/oauth2/request_auth',
  tokenEndpoint: 'https://api.login.yahoo.com/oauth2/get_token',
  userinfoEndpoint: 'https://api.login.yahoo.com/openid/v1/userinfo',
  clientAuth: 'basic',
  identityScopes: ['openid', 'email', 'profile'],
  keep: { redirectUri: { from: 'flow', path: 'redirectUri', pattern: '\\S+' } },
  refreshRequest: { params: { redirect_uri: '{redirectUri}' } },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
