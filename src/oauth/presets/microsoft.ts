import type { Preset } from '../recipe/preset-schema.ts'

const GUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'

export const microsoft = {
  name: 'Microsoft',
  documentation: {
    url: 'https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['errors.temporary', 'unsupportedBy'],
  },
  params: {
    tenant: {
      description: 'Who may sign in: common, organizations, consumers, a tenant id or its domain',
      pattern: `common|organizations|consumers|${GUID}|[a-zA-Z0-9][a-zA-Z0-9.-]*\\.[a-zA-Z]{2,}`,
      default: 'common',
    },
    authorityHost: {
      description: 'The cloud: worldwide, US government or China',
      pattern: 'login\\.microsoftonline\\.(?:com|us)|login\\.partner\\.microsoftonline\\.cn',
      variables: {
        graphHost: {
          'login.microsoftonline.com': 'graph.microsoft.com',
          'login.microsoftonline.us': 'graph.microsoft.us',
          'login.partner.microsoftonline.cn': 'microsoftgraph.chinacloudapi.cn',
        },
      },
      default: 'login.microsoftonline.com',
    },
  },
  issuer: 'https://{authorityHost}/{tenant}/v2.0',
  // `common` and similar tenants accept users of many tenants. The id token then names the user's
  // tenant.
  issuerFromClaim: { template: 'https://{authorityHost}/{tid}/v2.0', claim: 'tid', pattern: GUID },
  authorizationEndpoint: 'https://{authorityHost}/{tenant}/oauth2/v2.0/authorize',
  tokenEndpoint: 'https://{authorityHost}/{tenant}/oauth2/v2.0/token',
  userinfoEndpoint: 'https://{graphHost}/oidc/userinfo',
  jwksUri: 'https://{authorityHost}/{tenant}/discovery/v2.0/keys',
  clientAuth: 'post',
  scopes: ['User.Read'],
  identityScopes: ['openid', 'profile', 'email'],
  offline: { scope: 'offline_access' },
  // E-mails are not verified: an administrator of any tenant can assign any e-mail to a user.
  account: { id: 'sub', email: 'email', emailVerified: false, name: 'name' },
  accountFromIdToken: { id: 'sub', email: 'email', emailVerified: false, name: 'name' },
  responseMode: 'query',
  loginHintParam: 'login_hint',
  unsupportedBy: ['consent_required'],
  grantedScope: {
    unreported: ['openid', 'profile', 'email', 'offline_access'],
    prefix: [
      'https://graph.microsoft.com/',
      'https://graph.microsoft.us/',
      'https://dod-graph.microsoft.us/',
      'https://microsoftgraph.chinacloudapi.cn/',
    ],
    ignoreCase: true,
  },
  errors: {
    dead: [{ where: { error: ['interaction_required', 'consent_required'] } }],
    // In this order: wrong secret, expired secret, unknown app, public app with a secret, unknown
    // tenant.
    config: [{ where: { 'error_codes[]': [7000215, 7000222, 700016, 700025, 90002] } }],
    temporary: [{ where: { error: ['temporarily_unavailable', 'server_error'] } }],
    // 50196 means that the client repeats requests in a loop. The error is `invalid_grant`, but the
    // grant is still valid.
    throttled: [{ where: { 'error_codes[]': [50196] } }],
  },
  revocation: null,
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'overlap',
    replay: 'allowed',
    graceSeconds: 7_776_000,
    idleSeconds: 7_776_000,
  },
} as const satisfies Preset
