import type { Preset } from '../recipe/preset-schema.ts'

export const salesforce = {
  name: 'Salesforce',
  documentation: {
    url: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'userinfoEndpoint',
      'account',
      'errors',
      'revocation.tokens',
      'refreshTokens.perAccount',
      'refreshTokens.rotation',
      'refreshTokens.idleSeconds',
      'documentation.url',
    ],
  },
  params: {
    loginHost: {
      description: 'login.salesforce.com, test.salesforce.com or <MyDomain>.my.salesforce.com',
      pattern: '(?:login|test|[A-Za-z0-9][A-Za-z0-9-]*(?:\\.[a-z0-9-]+)?\\.my)\\.salesforce\\.com',
      default: 'login.salesforce.com',
    },
    refreshTokenRotation: {
      description: 'Refresh Token Rotation in the policies of the app: on, off, or unknown',
      pattern: 'on|off|unknown',
      default: 'unknown',
      setBy: 'operator',
    },
  },
  byParam: {
    refreshTokenRotation: {
      on: { refreshTokens: { rotation: 'single-use' } },
      off: { refreshTokens: { rotation: 'none', replay: 'allowed', idleSeconds: null } },
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
    // These errors are `invalid_grant`, but the descriptions mean only that another refresh is
    // running or that the org restricts IP addresses.
    temporary: [
      {
        where: {
          error_description: [
            'token request is already being processed',
            'unable to process simultaneous refresh requests',
            'expired authorization code',
            'ip restricted or invalid login hours',
            'ip restricted',
          ],
        },
      },
      { where: { error: ['unknown_error'] } },
    ],
    throttled: [
      { where: { error: ['rate_limit_exceeded'] } },
      { where: { error_description: ['login rate exceeded'] } },
    ],
  },
  // Revoking the refresh token also revokes its access tokens.
  revocation: { auth: 'none', tokens: 'any', sendsHint: false, reach: 'token' },
  // Answers contain no lifetime. An access token expires after the org's session timeout, and each
  // use extends its lifetime.
  refreshTokens: {
    issued: 'on-request',
    remedy:
      'Allow the scope refresh_token in the policies of the app, and the addresses of this server',
    // If rotation is on, reuse revokes the newest refresh token and all access tokens.
    rotation: 'sometimes',
    replay: 'never',
    graceSeconds: 0,
    // This idle time applies to apps that must rotate. For other apps, unused tokens do not expire.
    idleSeconds: 2_592_000,
    perAccount: 5,
  },
} as const satisfies Preset
