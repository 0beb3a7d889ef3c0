import type { Preset } from '../recipe/preset-schema.ts'

export const smartsheet = {
  name: 'Smartsheet',
  documentation: {
    url: 'https://developers.smartsheet.com/api/smartsheet/guides/advanced-topics/oauth-2.0',
    verifiedOn: '2026-08-23',
    unverified: ['revocation', 'refreshTokens.rotation'],
  },
  params: {
    domain: {
      description: 'smartsheet.com, smartsheet.eu, smartsheet.au, smartsheetgov.com …',
      pattern: 'smartsheet\\.(?:com|eu|au)|smartsheetgov\\.com|test\\.smartsheet\\.com',
      default: 'smartsheet.com',
    },
    appHost: {
      description: 'Where users consent: app.smartsheet.com or app.test.smartsheet.com',
      pattern: 'app\\.(?:test\\.)?smartsheet\\.com',
      default: 'app.smartsheet.com',
    },
  },
  authorizationEndpoint: 'https://{appHost}/b/authorize',
  tokenEndpoint: 'https://api.{domain}/2.0/token',
  revocationEndpoint: 'https://api.{domain}/2.0/token',
  userinfoEndpoint: 'https://api.{domain}/2.0/users/me',
  clientAuth: 'post',
  identityScopes: ['READ_USERS'],
  account: {
    id: 'id',
    email: 'email',
    name: { joined: ['firstName', 'lastName'], with: ' ' },
  },
  revocation: {
    method: 'DELETE',
    auth: 'token',
    format: 'query',
    tokenParam: null,
    tokens: 'access',
    sendsHint: false,
  },
  refreshTokens: { issued: 'always', rotation: 'single-use', replay: 'allowed' },
} as const satisfies Preset
