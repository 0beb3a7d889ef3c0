import type { Preset } from '../recipe/preset-schema.ts'

export const twitch = {
  name: 'Twitch',
  documentation: {
    url: 'https://dev.twitch.tv/docs/authentication/refresh-tokens',
    verifiedOn: '2026-08-23',
    unverified: ['pkce', 'errors', 'revocation'],
  },
  authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
  tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
  revocationEndpoint: 'https://id.twitch.tv/oauth2/revoke',
  userinfoEndpoint: 'https://api.twitch.tv/helix/users',
  clientAuth: 'post',
  identityScopes: ['user:read:email'],
  pkce: 'omit',
  probe: { headers: { 'Client-Id': '{clientId}' } },
  account: {
    id: 'data[0].id',
    email: 'data[0].email',
    emailVerified: true,
    name: 'data[0].display_name',
  },
  errors: {
    dead: [{ statuses: [400, 401], where: { message: ['Invalid refresh token'] } }],
    config: [
      {
        statuses: [400, 403],
        where: { message: ['invalid client secret', 'missing client secret'] },
      },
    ],
  },
  revocation: {
    auth: 'none',
    params: { client_id: '{clientId}' },
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  refreshTokens: { issued: 'always', rotation: 'sometimes', replay: 'allowed' },
} as const satisfies Preset
