import type { Preset } from '../recipe/preset-schema.ts'

export const hubspot = {
  name: 'HubSpot',
  documentation: {
    url: 'https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['account.name', 'errors.dead', 'errors.config', 'revocation.reach'],
  },
  authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
  tokenEndpoint: 'https://api.hubapi.com/oauth/2026-03/token',
  revocationEndpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
  // This is the introspection endpoint. The older endpoint requires the access token in the URL.
  userinfoEndpoint: 'https://api.hubapi.com/oauth/2026-03/token/introspect',
  clientAuth: 'post',
  identityScopes: ['oauth'],
  // `optional:crm.objects.deals.read` requests a scope that the consent may omit without failing.
  secondScope: { param: 'optional_scope', prefix: 'optional:' },
  answer: { scope: ['scopes', 'scope'] },
  grantedScope: { prefix: 'optional:' },
  probe: {
    method: 'POST',
    auth: 'client',
    tokenParam: 'token',
    params: { token_type_hint: 'access_token' },
  },
  account: {
    id: { joined: ['hub_id', 'user_id'], with: ':' },
    email: 'user',
    name: ['hub_domain', 'user'],
  },
  keep: {
    hubId: { from: 'tokens', path: 'hub_id' },
    userId: { from: 'tokens', path: 'user_id' },
  },
  errors: {
    dead: [{ statuses: [400], where: { status: ['BAD_REFRESH_TOKEN', 'BAD_AUTH_CODE'] } }],
    config: [{ where: { status: ['BAD_CLIENT_SECRET', 'BAD_CLIENT_ID', 'BAD_REDIRECT_URI'] } }],
  },
  // After a revocation, access tokens stay valid until they expire, and the app stays installed.
  revocation: { tokens: 'refresh', reach: 'account' },
  accessTokenSeconds: 1800,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
