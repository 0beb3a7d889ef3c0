import type { Preset } from '../recipe/preset-schema.ts'

export const discord = {
  name: 'Discord',
  documentation: {
    url: 'https://discord.com/developers/docs/topics/oauth2',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['account.name', 'errors.dead', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://discord.com/oauth2/authorize',
  tokenEndpoint: 'https://discord.com/api/oauth2/token',
  revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
  userinfoEndpoint: 'https://discord.com/api/users/@me',
  clientAuth: 'post',
  identityScopes: ['identify', 'email'],
  account: {
    id: 'id',
    email: 'email',
    emailVerified: 'verified',
    name: ['global_name', 'username'],
  },
  errors: {
    dead: [
      {
        where: {
          error: ['invalid_request'],
          error_description: ['Invalid "refresh_token" in request.'],
        },
      },
    ],
  },
  // Revoking any token ends the authorization. A user has only one authorization per application.
  revocation: { tokens: 'any', reach: 'account' },
  accessTokenSeconds: 604_800,
  refreshTokens: { issued: 'always', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
