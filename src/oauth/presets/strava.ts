import type { Preset } from '../recipe/preset-schema.ts'

export const strava = {
  name: 'Strava',
  documentation: {
    url: 'https://developers.strava.com/docs/authentication/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['pkce', 'errors', 'revocation'],
  },
  authorizationEndpoint: 'https://www.strava.com/oauth/authorize',
  tokenEndpoint: 'https://www.strava.com/api/v3/oauth/token',
  revocationEndpoint: 'https://www.strava.com/oauth/revoke',
  userinfoEndpoint: 'https://www.strava.com/api/v3/athlete',
  clientAuth: 'post',
  identityScopes: ['read'],
  scopeSeparator: ',',
  authorizationParams: { approval_prompt: 'auto' },
  pkce: 'omit',
  // The user may untick scopes, and only the callback says which are left.
  grantedScope: { callbackParam: 'scope' },
  answer: { expiresIn: [{ path: 'expires_in' }, { path: 'expires_at', unit: 'epoch' }] },
  account: { id: 'id', name: [{ joined: ['firstname', 'lastname'], with: ' ' }, 'username'] },
  keep: { athleteId: { from: 'tokens', path: 'athlete.id' } },
  errors: {
    dead: [
      {
        statuses: [400],
        where: { 'errors[].resource': ['RefreshToken'], 'errors[].code': ['invalid'] },
      },
    ],
    config: [
      {
        statuses: [400, 401],
        where: { 'errors[].resource': ['Application'], 'errors[].code': ['invalid'] },
      },
    ],
  },
  revocation: {
    clientAuth: 'basic',
    tokens: 'any',
    reach: 'account',
  },
  accessTokenSeconds: 21_600,
  refreshTokens: {
    issued: 'always',
    // It may change with any answer; then the old one is invalid at once.
    rotation: 'sometimes',
    replay: 'allowed',
    graceSeconds: 0,
  },
} as const satisfies Preset
