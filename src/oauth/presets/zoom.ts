import type { Preset } from '../recipe/preset-schema.ts'

export const zoom = {
  name: 'Zoom',
  documentation: {
    url: 'https://developers.zoom.us/docs/integrations/oauth/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'errors.dead',
      'keep.apiUrl',
      'refreshTokens.idleSeconds',
      'refreshTokens.endsSiblings',
      'revocation.reach',
    ],
  },
  authorizationEndpoint: 'https://zoom.us/oauth/authorize',
  tokenEndpoint: 'https://zoom.us/oauth/token',
  revocationEndpoint: 'https://zoom.us/oauth/revoke',
  userinfoEndpoint: 'https://api.zoom.us/v2/users/me',
  clientAuth: 'basic',
  account: {
    id: 'id',
    email: 'email',
    name: ['display_name', { joined: ['first_name', 'last_name'], with: ' ' }],
  },
  /** The regional API host of the account. */
  keep: { apiUrl: { from: 'tokens', path: 'api_url' } },
  errors: { dead: [{ statuses: [400, 401], where: { reason: ['Invalid Token!'] } }] },
  revocation: { tokens: 'access', sendsHint: false, reach: 'account' },
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 7_776_000,
    // Only one token per user and client is valid. Another consent revokes it.
    endsSiblings: true,
  },
} as const satisfies Preset
