import type { Preset } from '../recipe/preset-schema.ts'

/**
 * If these parameters are missing, clients created before 2026-04-30 get an access token that does
 * not expire, and no refresh token.
 */
const LIFETIMES = { params: { expires_in: '86400', refresh_token_expires_in: '7776000' } } as const

export const zendesk = {
  name: 'Zendesk',
  documentation: {
    url: 'https://developer.zendesk.com/documentation/api-basics/authentication/refresh-token',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['exchangeRequest', 'refreshRequest', 'revocation'],
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
  exchangeRequest: LIFETIMES,
  refreshRequest: LIFETIMES,
  revocation: {
    url: 'https://{subdomain}.zendesk.com/api/v2/oauth/tokens/current.json',
    method: 'DELETE',
    format: 'query',
    auth: 'token',
    tokenParam: null,
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
    goneStatuses: [401, 404],
  },
  accessTokenSeconds: 86_400,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 7_776_000,
    endsAccessToken: true,
  },
} as const satisfies Preset
