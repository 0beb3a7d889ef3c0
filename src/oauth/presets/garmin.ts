import type { Preset } from './schema.ts'

export const garmin = {
  name: 'Garmin Connect',
  documentation: {
    url: 'https://developer.garmin.com/gc-developer-program/',
    verifiedOn: '2026-08-23',
    unverified: ['userinfoEndpoint', 'clientAuth', 'account', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://connect.garmin.com/oauth2Confirm',
  tokenEndpoint: 'https://diauth.garmin.com/di-oauth2-service/oauth/token',
  userinfoEndpoint: 'https://apis.garmin.com/wellness-api/rest/user/id',
  clientAuth: 'post',
  scopeParam: null,
  pkce: 'required',
  account: { id: 'userId' },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
