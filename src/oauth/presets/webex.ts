import type { Preset } from '../recipe/preset-schema.ts'

export const webex = {
  name: 'Cisco Webex',
  documentation: {
    url: 'https://developer.webex.com/docs/integrations',
    verifiedOn: '2026-08-23',
    unverified: ['clientAuth', 'errors.dead', 'refreshTokens.rotation'],
  },
  // Its issuer differs from region to region: id tokens are not read.
  authorizationEndpoint: 'https://webexapis.com/v1/authorize',
  tokenEndpoint: 'https://webexapis.com/v1/access_token',
  userinfoEndpoint: 'https://webexapis.com/v1/people/me',
  clientAuth: 'post',
  identityScopes: ['spark:people_read'],
  account: { id: 'id', email: 'emails[0]', name: 'displayName' },
  // Errors have no code, only sentences: any other one may be the client's fault.
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
    // The same one, good for longer.
    rotation: 'none',
    replay: 'allowed',
    idleSeconds: 7_776_000,
  },
} as const satisfies Preset
