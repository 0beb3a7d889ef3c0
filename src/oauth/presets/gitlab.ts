import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const gitlab = {
  name: 'GitLab',
  documentation: {
    url: 'https://docs.gitlab.com/api/oauth2/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
  },
  params: {
    baseUrl: {
      description: 'Where a self-managed instance is, with its path prefix if it has one',
      pattern: OWN_BASE,
      default: 'https://gitlab.com',
      setBy: 'operator',
    },
  },
  authorizationEndpoint: '{baseUrl}/oauth/authorize',
  tokenEndpoint: '{baseUrl}/oauth/token',
  revocationEndpoint: '{baseUrl}/oauth/revoke',
  userinfoEndpoint: '{baseUrl}/oauth/userinfo',
  clientAuth: 'post',
  scopes: ['read_user'],
  identityScopes: ['openid', 'email'],
  // A refresh must send the redirect URI of the authorization. With another URI, GitLab returns
  // `invalid_grant`.
  keep: { redirectUri: { from: 'flow', path: 'redirectUri', pattern: '\\S+' } },
  refreshRequest: { params: { redirect_uri: '{redirectUri}' } },
  revocation: { sendsHint: false, reach: 'token' },
  accessTokenSeconds: 7200,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    endsAccessToken: true,
  },
} as const satisfies Preset
