import type { Preset } from '../recipe/preset-schema.ts'

export const tiktok = {
  name: 'TikTok',
  documentation: {
    url: 'https://developers.tiktok.com/doc/oauth-user-access-token-management',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['pkce', 'revocation', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://www.tiktok.com/v2/auth/authorize/',
  tokenEndpoint: 'https://open.tiktokapis.com/v2/oauth/token/',
  revocationEndpoint: 'https://open.tiktokapis.com/v2/oauth/revoke/',
  userinfoEndpoint:
    'https://open.tiktokapis.com/v2/user/info/?fields=open_id,union_id,avatar_url,display_name',
  clientAuth: 'post',
  rename: { client_id: 'client_key' },
  identityScopes: ['user.info.basic'],
  scopeSeparator: ',',
  // PKCE is only for mobile and desktop apps, with a challenge in hex.
  pkce: 'omit',
  account: { id: 'data.user.open_id', name: 'data.user.display_name' },
  keep: { openId: { from: 'tokens', path: 'open_id' } },
  revocation: { tokens: 'access', sendsHint: false, reach: 'account' },
  accessTokenSeconds: 86_400,
  refreshTokens: {
    issued: 'always',
    rotation: 'sometimes',
    replay: 'allowed',
    lifetimeSeconds: 31_536_000,
  },
} as const satisfies Preset
