import type { Preset } from '../recipe/preset-schema.ts'

export const miro = {
  name: 'Miro',
  documentation: {
    url: 'https://developers.miro.com/docs/getting-started-with-oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'clientAuth',
      'userinfoEndpoint',
      'account',
      'keep',
      'refreshTokens.rotation',
      'revocation',
    ],
  },
  authorizationEndpoint: 'https://miro.com/oauth/authorize',
  tokenEndpoint: 'https://api.miro.com/v1/oauth/token',
  userinfoEndpoint: 'https://api.miro.com/v1/oauth-token',
  clientAuth: 'post',
  account: { id: 'user.id', name: 'user.name' },
  keep: {
    teamId: { from: 'tokens', path: 'team_id' },
    userId: { from: 'tokens', path: 'user_id' },
  },
  revocation: {
    url: 'https://api.miro.com/v2/oauth/revoke',
    format: 'json',
    clientAuth: 'post',
    tokenParam: 'accessToken',
    rename: { client_id: 'clientId', client_secret: 'clientSecret' },
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Switch on expiring tokens in the settings of the Miro app',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
