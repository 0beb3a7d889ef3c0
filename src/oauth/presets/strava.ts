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
  // The user may deselect scopes. Only the callback lists the granted ones.
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
    // Any refresh may return a new refresh token. The old one is then invalid at once.
    rotation: 'sometimes',
    replay: 'allowed',
    graceSeconds: 0,
  },
} as const satisfies Preset
