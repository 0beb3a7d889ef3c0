import type { Preset } from '../recipe/preset-schema.ts'

export const amazon = {
  name: 'Amazon',
  documentation: {
    url: 'https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html',
    verifiedOn: '2026-08-23',
    unverified: ['refreshTokens.rotation'],
  },
  params: {
    tld: {
      description: 'The region of the API: com, co.uk (Europe) or co.jp (Far East)',
      pattern: 'com|co\\.uk|co\\.jp',
      default: 'com',
    },
  },
  authorizationEndpoint: 'https://www.amazon.com/ap/oa',
  tokenEndpoint: 'https://api.amazon.{tld}/auth/o2/token',
  userinfoEndpoint: 'https://api.amazon.{tld}/user/profile',
  clientAuth: 'post',
  identityScopes: ['profile'],
  account: { id: 'user_id', email: 'email', name: 'name' },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
