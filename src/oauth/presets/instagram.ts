import type { Preset } from '../recipe/preset-schema.ts'

export const instagram = {
  name: 'Instagram',
  documentation: {
    url: 'https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['identityScopes', 'pkce', 'codeSuffixes', 'answer.roots', 'errors.dead'],
  },
  authorizationEndpoint: 'https://www.instagram.com/oauth/authorize',
  tokenEndpoint: 'https://api.instagram.com/oauth/access_token',
  refreshEndpoint: 'https://graph.instagram.com/refresh_access_token',
  userinfoEndpoint: 'https://graph.instagram.com/me?fields=id,username,account_type,name',
  clientAuth: 'post',
  identityScopes: ['instagram_business_basic'],
  scopeSeparator: ',',
  pkce: 'omit',
  codeSuffixes: ['#_'],
  // The first access token expires after an hour, the second after 60 days. Only the second can be
  // renewed.
  secondExchange: {
    url: 'https://graph.instagram.com/access_token',
    method: 'GET',
    grantType: 'ig_exchange_token',
    rename: { refresh_token: 'access_token', client_id: null },
  },
  renewsWith: 'access_token',
  refreshRequest: {
    method: 'GET',
    clientAuth: 'none',
    grantType: 'ig_refresh_token',
    rename: { refresh_token: 'access_token', client_id: null },
  },
  answer: { roots: ['', 'data[0]'], refreshTokenExpiresIn: [{ path: 'expires_in' }] },
  probe: { auth: 'none', tokenParam: 'access_token' },
  account: { id: 'id', name: 'username' },
  errors: { dead: [{ where: { 'error.code': [190] } }] },
  revocation: null,
  accessTokenSeconds: 5_184_000,
  refreshTokens: {
    issued: 'never',
    rotation: 'none',
    replay: 'allowed',
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
