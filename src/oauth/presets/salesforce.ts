import type { Preset } from './schema.ts'

export const salesforce = {
  name: 'Salesforce',
  documentation: {
    url: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
    verifiedOn: '2026-08-23',
    unverified: [
      'userinfoEndpoint',
      'account',
      'errors',
      'revocation.tokens',
      'refreshTokens.perAccount',
      'documentation.url',
    ],
  },
  params: {
    loginHost: {
      description: 'login.salesforce.com, test.salesforce.com or <MyDomain>.my.salesforce.com',
      pattern: '(?:login|test|[A-Za-z0-9][A-Za-z0-9-]*(?:\\.[a-z0-9-]+)?\\.my)\\.salesforce\\.com',
      default: 'login.salesforce.com',
    },
  },
  authorizationEndpoint: 'https://{loginHost}/services/oauth2/authorize',
  tokenEndpoint: 'https://{loginHost}/services/oauth2/token',
  revocationEndpoint: 'https://{loginHost}/services/oauth2/revoke',
  userinfoEndpoint: 'https://{loginHost}/services/oauth2/userinfo',
  clientAuth: 'post',
  scopes: ['api'],
  identityScopes: ['openid', 'email', 'profile'],
  offline: { scope: 'refresh_token' },
  grantedScope: { aliases: { refresh_token: ['offline_access'] } },
  account: {
    id: { joined: ['organization_id', 'user_id'], with: ':' },
    email: 'email',
    name: 'name',
  },
  keep: {
    instanceUrl: { from: 'tokens', path: 'instance_url' },
    identityUrl: { from: 'tokens', path: 'id' },
  },
  errors: {
    dead: [{ where: { error: ['inactive_user', 'inactive_org'] } }],
    config: [{ where: { error: ['invalid_client_id', 'unsupported_grant_type'] } }],
    // With `invalid_grant` beside it.
    temporary: [
      { where: { error_description: ['unable to process simultaneous refresh requests'] } },
    ],
    throttled: [{ where: { error: ['rate_limit_exceeded'] } }],
  },
  // The refresh token takes its access tokens with it.
  revocation: { auth: 'none', tokens: 'any', sendsHint: false },
  // No lifetime is stated: it is the session timeout of the org, which use prolongs.
  refreshTokens: {
    issued: 'on-request',
    remedy: 'Allow the scope refresh_token in the policies of the app',
    rotation: 'none',
    replay: 'allowed',
    perAccount: 5,
  },
} as const satisfies Preset
