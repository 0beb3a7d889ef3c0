import type { Preset } from '../recipe/preset-schema.ts'

export const bitbucket = {
  name: 'Bitbucket Cloud',
  documentation: {
    url: 'https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/',
    verifiedOn: '2026-08-23',
    unverified: ['pkce', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://bitbucket.org/site/oauth2/authorize',
  tokenEndpoint: 'https://bitbucket.org/site/oauth2/access_token',
  userinfoEndpoint: 'https://api.bitbucket.org/2.0/user',
  clientAuth: 'basic',
  identityScopes: ['account', 'email'],
  pkce: 'omit',
  answer: { scope: ['scopes', 'scope'] },
  account: { id: 'uuid', name: 'display_name' },
  emailRequest: {
    url: 'https://api.bitbucket.org/2.0/user/emails',
    email: 'values[is_primary].email',
    emailVerified: 'values[is_primary].is_confirmed',
  },
  revocation: null,
  accessTokenSeconds: 7200,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
