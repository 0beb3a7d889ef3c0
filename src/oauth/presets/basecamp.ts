import type { Preset } from '../recipe/preset-schema.ts'

export const basecamp = {
  name: 'Basecamp',
  documentation: {
    url: 'https://github.com/basecamp/api/blob/master/sections/authentication.md',
    verifiedOn: '2026-08-23',
    unverified: ['refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://launchpad.37signals.com/authorization/new',
  tokenEndpoint: 'https://launchpad.37signals.com/authorization/token',
  userinfoEndpoint: 'https://launchpad.37signals.com/authorization.json',
  clientAuth: 'post',
  // The server implements draft 5 of OAuth 2: it uses `type` instead of `response_type` and
  // `grant_type`.
  scopeParam: null,
  responseType: null,
  authorizationParams: { type: 'web_server' },
  pkce: 'omit',
  tokenRequestFormat: 'query',
  exchangeRequest: { grantType: null, params: { type: 'web_server' } },
  refreshRequest: { grantType: null, params: { type: 'refresh' } },
  account: {
    id: 'identity.id',
    email: 'identity.email_address',
    name: { joined: ['identity.first_name', 'identity.last_name'], with: ' ' },
  },
  keep: { accounts: { from: 'probe', path: 'accounts' } },
  revocation: null,
  accessTokenSeconds: 1_209_600,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
