import type { Preset } from '../recipe/preset-schema.ts'

export const garmin = {
  name: 'Garmin Connect',
  documentation: {
    url: 'https://developer.garmin.com/gc-developer-program/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'userinfoEndpoint',
      'clientAuth',
      'account',
      'refreshTokens.rotation',
      'refreshTokens.idleSeconds',
      'revocation',
    ],
  },
  authorizationEndpoint: 'https://connect.garmin.com/oauth2Confirm',
  tokenEndpoint: 'https://diauth.garmin.com/di-oauth2-service/oauth/token',
  userinfoEndpoint: 'https://apis.garmin.com/wellness-api/rest/user/id',
  clientAuth: 'post',
  scopeParam: null,
  pkce: 'required',
  account: { id: 'userId' },
  // A revocation deletes the user's registration.
  revocation: {
    url: 'https://apis.garmin.com/wellness-api/rest/user/registration',
    method: 'DELETE',
    format: 'query',
    auth: 'token',
    tokenParam: null,
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 7_776_000,
  },
} as const satisfies Preset
