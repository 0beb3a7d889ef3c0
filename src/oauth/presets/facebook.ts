import type { Preset } from '../recipe/preset-schema.ts'

/** There is no refresh token: a valid access token is exchanged for one with a longer lifetime. */
const LASTING = {
  method: 'GET',
  grantType: 'fb_exchange_token',
  rename: { refresh_token: 'fb_exchange_token' },
} as const

export const facebook = {
  name: 'Facebook',
  documentation: {
    url: 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived',
    verifiedOn: '2026-08-23',
    unverified: ['refreshRequest', 'errors.temporary', 'revocation.url'],
  },
  params: {
    version: {
      description: 'Version of the Graph API',
      pattern: 'v\\d{1,3}\\.\\d',
      default: 'v24.0',
    },
  },
  authorizationEndpoint: 'https://www.facebook.com/{version}/dialog/oauth',
  tokenEndpoint: 'https://graph.facebook.com/{version}/oauth/access_token',
  userinfoEndpoint: 'https://graph.facebook.com/{version}/me?fields=id,name,email',
  clientAuth: 'post',
  identityScopes: ['email', 'public_profile'],
  scopeSeparator: ',',
  secondExchange: {
    url: 'https://graph.facebook.com/{version}/oauth/access_token',
    ...LASTING,
  },
  renewsWith: 'access_token',
  refreshRequest: LASTING,
  answer: { refreshTokenExpiresIn: [{ path: 'expires_in' }] },
  probe: { auth: 'none', tokenParam: 'access_token' },
  account: { id: 'id', email: 'email', name: 'name' },
  errors: {
    dead: [{ where: { 'error.code': [190] } }],
    temporary: [
      { where: { 'error.code': [1, 2, 4, 17, 341] } },
      { where: { 'error.is_transient': [true] } },
    ],
  },
  revocation: {
    url: 'https://graph.facebook.com/{version}/me/permissions',
    method: 'DELETE',
    format: 'query',
    auth: 'none',
    tokenParam: 'access_token',
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  accessTokenSeconds: 5_184_000,
  refreshTokens: {
    issued: 'never',
    rotation: 'none',
    replay: 'allowed',
    lifetimeSeconds: 5_184_000,
  },
} as const satisfies Preset
