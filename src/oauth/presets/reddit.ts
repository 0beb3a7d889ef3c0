import type { Preset } from '../recipe/preset-schema.ts'

/** The user agent must be unique to this client, because Reddit throttles common ones. */
const USER_AGENT = { 'User-Agent': 'larder ({clientId})' } as const

export const reddit = {
  name: 'Reddit',
  documentation: {
    url: 'https://github.com/reddit-archive/reddit/wiki/OAuth2',
    verifiedOn: '2026-08-23',
    unverified: ['pkce', 'refreshTokens.rotation', 'revocation.reach'],
  },
  authorizationEndpoint: 'https://www.reddit.com/api/v1/authorize',
  tokenEndpoint: 'https://www.reddit.com/api/v1/access_token',
  revocationEndpoint: 'https://www.reddit.com/api/v1/revoke_token',
  userinfoEndpoint: 'https://oauth.reddit.com/api/v1/me',
  clientAuth: 'basic',
  sendsEmptySecret: true,
  // If no scope is requested, Reddit's page reports a wrong client id.
  identityScopes: ['identity'],
  authorizationParams: { duration: 'permanent' },
  pkce: 'omit',
  tokenRequestHeaders: USER_AGENT,
  probe: { headers: USER_AGENT },
  account: { id: 'id', name: 'name' },
  revocation: { headers: USER_AGENT, reach: 'account' },
  refreshTokens: { issued: 'on-request', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
