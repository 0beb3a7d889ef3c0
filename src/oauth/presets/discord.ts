import type { Preset } from './schema.ts'

export const discord = {
  name: 'Discord',
  documentation: {
    url: 'https://discord.com/developers/docs/topics/oauth2',
    verifiedOn: '2026-08-23',
    unverified: ['account.name', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://discord.com/oauth2/authorize',
  tokenEndpoint: 'https://discord.com/api/oauth2/token',
  revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
  userinfoEndpoint: 'https://discord.com/api/users/@me',
  clientAuth: 'post',
  identityScopes: ['identify', 'email'],
  account: { id: 'id', email: 'email', name: ['global_name', 'username'] },
  accessTokenSeconds: 604_800,
  refreshTokens: { issued: 'always', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
