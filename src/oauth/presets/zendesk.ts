import type { Preset } from './schema.ts'

export const zendesk = {
  name: 'Zendesk',
  documentation: {
    url: 'https://developer.zendesk.com/documentation/api-basics/authentication/refresh-token',
    verifiedOn: '2026-08-23',
  },
  params: {
    subdomain: {
      description: 'The account: acme of acme.zendesk.com',
      pattern: '[a-z0-9_-]+',
      required: true,
    },
  },
  authorizationEndpoint: 'https://{subdomain}.zendesk.com/oauth/authorizations/new',
  tokenEndpoint: 'https://{subdomain}.zendesk.com/oauth/tokens',
  userinfoEndpoint: 'https://{subdomain}.zendesk.com/api/v2/users/me.json',
  clientAuth: 'post',
  identityScopes: ['read'],
  account: {
    id: { joined: ['$params.subdomain', 'user.id'], with: ':' },
    email: 'user.email',
    name: 'user.name',
  },
  revocation: null,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 2_592_000,
    endsAccessToken: true,
  },
} as const satisfies Preset
