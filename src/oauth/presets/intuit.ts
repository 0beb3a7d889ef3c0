import type { Preset } from '../recipe/preset-schema.ts'

export const intuit = {
  name: 'Intuit QuickBooks Online',
  documentation: {
    url: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'scopes',
      'identityScopes',
      'refreshTokens.replay',
      'revocation.reach',
      'keep.realmId.verifiedBy',
    ],
  },
  authorizationEndpoint: 'https://appcenter.intuit.com/connect/oauth2',
  tokenEndpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
  revocationEndpoint: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
  userinfoEndpoint: 'https://accounts.platform.intuit.com/v1/openid_connect/userinfo',
  clientAuth: 'basic',
  scopes: ['com.intuit.quickbooks.accounting'],
  identityScopes: ['openid', 'profile', 'email'],
  answer: { refreshTokenExpiresIn: [{ path: 'x_refresh_token_expires_in' }] },
  // A user can connect several companies. Only the callback names the company.
  account: {
    id: [{ joined: ['$kept.realmId', 'sub'], with: ':' }, 'sub'],
    email: 'email',
    emailVerified: 'emailVerified',
    name: { joined: ['givenName', 'familyName'], with: ' ' },
  },
  keep: {
    realmId: {
      from: 'callback',
      path: 'realmId',
      pattern: '\\d{1,32}',
      verifiedBy: {
        url: 'https://quickbooks.api.intuit.com/v3/company/{realmId}/companyinfo/{realmId}',
        headers: { Accept: 'application/json' },
      },
    },
  },
  revocation: { tokens: 'any', sendsHint: false, reach: 'account' },
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'sometimes',
    // A spent token is refused. Intuit may treat its reuse as an attack on the new token.
    replay: 'never',
    graceSeconds: 0,
    lifetimeSeconds: 157_680_000,
    idleSeconds: 8_640_000,
  },
} as const satisfies Preset
