import type { Preset } from './schema.ts'

export const miro = {
  name: 'Miro',
  documentation: {
    url: 'https://developers.miro.com/docs/getting-started-with-oauth',
    verifiedOn: '2026-08-23',
    unverified: ['clientAuth', 'userinfoEndpoint', 'account', 'keep', 'refreshTokens.rotation'],
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
  revocation: null,
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Switch on expiring tokens in the settings of the Miro app',
    rotation: 'single-use',
    replay: 'allowed',
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
