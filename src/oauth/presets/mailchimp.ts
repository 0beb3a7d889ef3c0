import type { Preset } from '../recipe/preset-schema.ts'

export const mailchimp = {
  name: 'Mailchimp',
  documentation: {
    url: 'https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/',
    verifiedOn: '2026-08-23',
    unverified: ['answer.expiresIn'],
  },
  authorizationEndpoint: 'https://login.mailchimp.com/oauth2/authorize',
  tokenEndpoint: 'https://login.mailchimp.com/oauth2/token',
  userinfoEndpoint: 'https://login.mailchimp.com/oauth2/metadata',
  clientAuth: 'post',
  scopeParam: null,
  answer: { expiresIn: [{ path: 'expires_in', zeroMeansNever: true }] },
  // Only this endpoint of the API requires the scheme `OAuth`.
  probe: { scheme: 'OAuth' },
  account: {
    id: ['user_id', 'login.login_id'],
    email: ['login.email', 'login.login_email'],
    name: 'accountname',
  },
  keep: {
    dc: { from: 'probe', path: 'dc' },
    apiEndpoint: { from: 'probe', path: 'api_endpoint' },
  },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
