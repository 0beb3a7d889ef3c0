import type { Preset } from '../recipe/preset-schema.ts'

export const webex = {
  name: 'Cisco Webex',
  documentation: {
    url: 'https://developer.webex.com/docs/integrations',
    verifiedOn: '2026-08-23',
    unverified: ['clientAuth', 'errors.dead', 'refreshTokens.rotation'],
  },
  // Id tokens are not read, because the issuer differs between regions.
  authorizationEndpoint: 'https://webexapis.com/v1/authorize',
  tokenEndpoint: 'https://webexapis.com/v1/access_token',
  userinfoEndpoint: 'https://webexapis.com/v1/people/me',
  clientAuth: 'post',
  identityScopes: ['spark:people_read'],
  account: { id: 'id', email: 'emails[0]', name: 'displayName' },
  // Errors have only a text, no code. Other errors may be faults of the client.
  errors: {
    dead: [
      {
        statuses: [400, 401],
        where: {
          'errors[].description': [
            'The refresh token provided is expired, revoked, malformed, or invalid',
            'The refresh token provided is expired, revoked, malformed, or invalid.',
          ],
        },
      },
    ],
  },
  revocation: null,
  accessTokenSeconds: 1_209_600,
  refreshTokens: {
    issued: 'always',
    // A refresh extends the lifetime of the same refresh token.
    rotation: 'none',
    replay: 'allowed',
    idleSeconds: 7_776_000,
  },
} as const satisfies Preset
