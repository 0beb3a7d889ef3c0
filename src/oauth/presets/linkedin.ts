import type { Preset } from '../recipe/preset-schema.ts'

export const linkedin = {
  name: 'LinkedIn',
  documentation: {
    url: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['pkce', 'answer.scopeSeparator', 'errors.dead'],
  },
  authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
  tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
  userinfoEndpoint: 'https://api.linkedin.com/v2/userinfo',
  clientAuth: 'post',
  // LinkedIn's id tokens contain no nonce, so userinfo identifies the user.
  identityScopes: ['openid', 'profile', 'email'],
  pkce: 'omit',
  deniedBy: ['user_cancelled_authorize', 'user_cancelled_login'],
  answer: { scopeSeparator: ',' },
  errors: {
    dead: [
      {
        where: {
          error: ['invalid_request'],
          error_description: [
            'The provided authorization grant or refresh token is invalid, expired or revoked',
          ],
        },
      },
    ],
  },
  revocation: null,
  accessTokenSeconds: 5_184_000,
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'LinkedIn gives refresh tokens to approved Marketing partners only',
    rotation: 'none',
    replay: 'allowed',
    // The lifetime starts at the first consent. A refresh does not extend it.
    lifetimeSeconds: 31_536_000,
  },
} as const satisfies Preset
