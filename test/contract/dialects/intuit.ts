import { CLAIMS, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600, {
    scope: undefined,
    x_refresh_token_expires_in: 8_726_400,
    x_refresh_token_hard_expires_in: 157_680_000,
  }),
} as const

export const intuit: Dialect = {
  authorize: { url: 'https://appcenter.intuit.com/connect/oauth2', pkce: 'either' },
  scopes: {
    defaults: ['com.intuit.quickbooks.accounting', 'openid', 'profile', 'email'],
    ask: ['com.intuit.quickbooks.accounting', 'openid', 'profile', 'email'],
    sent: ['com.intuit.quickbooks.accounting', 'openid', 'profile', 'email'],
    separator: ' ',
  },
  callback: { realmId: '4620816365' },
  openid: {
    issuer: 'https://oauth.platform.intuit.com/op/v1',
    jwks: 'https://oauth.platform.intuit.com/op/v1/jwks',
    metadata: 'https://developer.api.intuit.com/.well-known/openid_configuration',
    claims: { sub: '1085' },
    nonce: false,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  // The value changes about once a day.
  refresh: { ...TOKEN, rotation: 'overlap' },
  punishesReplay: true,
  lifetimes: { access: 3600, refresh: 8_726_400 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://accounts.platform.intuit.com/v1/openid_connect/userinfo',
      answer: {
        sub: '1085',
        email: CLAIMS.email,
        emailVerified: true,
        givenName: 'Ada',
        familyName: 'Lovelace',
      },
    },
    {
      url: 'https://quickbooks.api.intuit.com/v3/company/4620816365/companyinfo/4620816365',
      headers: { accept: 'application/json' },
      answer: { CompanyInfo: {} },
    },
  ],
  // The user and the company together are the account.
  account: { id: '4620816365:1085', ...CLAIMS },
  kept: { realm: '4620816365' },
  revocation: {
    url: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    auth: 'basic',
    formats: ['json', 'form'],
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
    isGuess: true,
  },
}
