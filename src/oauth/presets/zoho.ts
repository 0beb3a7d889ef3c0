import type { Preset } from '../recipe/preset-schema.ts'

const HOSTS =
  'accounts\\.zoho\\.(?:com|eu|in|com\\.au|jp|sa|uk|ae|sg|com\\.cn)|accounts\\.zohocloud\\.ca'

export const zoho = {
  name: 'Zoho',
  documentation: {
    url: 'https://www.zoho.com/accounts/protocol/oauth.html',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['errors.config', 'errors.throttled', 'revocation.auth'],
  },
  params: {
    accountsHost: {
      description: 'The data centre where users sign in: accounts.zoho.com, accounts.zoho.eu …',
      pattern: HOSTS,
      default: 'accounts.zoho.com',
    },
  },
  authorizationEndpoint: 'https://{accountsHost}/oauth/v2/auth',
  tokenEndpoint: '{accountsServer}/oauth/v2/token',
  revocationEndpoint: '{accountsServer}/oauth/v2/token/revoke',
  userinfoEndpoint: '{accountsServer}/oauth/user/info',
  clientAuth: 'post',
  identityScopes: ['AaaServer.profile.READ'],
  scopeSeparator: ',',
  // Without `prompt=consent`, only the first consent of an account returns a refresh token.
  authorizationParams: { access_type: 'offline', prompt: 'consent' },
  apiHeader: { name: 'Authorization', scheme: 'Zoho-oauthtoken' },
  account: {
    id: 'ZUID',
    email: 'Email',
    name: ['Display_Name', { joined: ['First_Name', 'Last_Name'], with: ' ' }],
  },
  keep: {
    // The callback names the account's data centre, which then receives the code and the secret.
    accountsServer: {
      from: 'callback',
      path: 'accounts-server',
      pattern: `https://(?:${HOSTS})`,
      default: 'https://{accountsHost}',
    },
    location: { from: 'callback', path: 'location' },
    apiDomain: { from: 'tokens', path: 'api_domain' },
  },
  // Errors have status 200, except for the rate limit.
  errors: {
    dead: [{ where: { error: ['invalid_code'] } }],
    // A request to the wrong data centre also returns `invalid_client`.
    config: [
      { where: { error: ['invalid_client', 'invalid_client_secret', 'invalid_redirect_uri'] } },
    ],
    throttled: [{ statuses: [400], where: { error: ['Access Denied'] } }],
  },
  revocation: { auth: 'none', tokens: 'refresh', sendsHint: false, reach: 'token' },
  accessTokenSeconds: 3600,
  refreshTokens: { issued: 'on-request', rotation: 'none', replay: 'allowed', perAccount: 20 },
} as const satisfies Preset
