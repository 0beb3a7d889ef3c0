import type { Preset } from '../recipe/preset-schema.ts'

export const linear = {
  name: 'Linear',
  documentation: {
    url: 'https://linear.app/developers/oauth-2-0-authentication',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['revocation'],
  },
  authorizationEndpoint: 'https://linear.app/oauth/authorize',
  tokenEndpoint: 'https://api.linear.app/oauth/token',
  revocationEndpoint: 'https://api.linear.app/oauth/revoke',
  userinfoEndpoint: 'https://api.linear.app/graphql',
  clientAuth: 'post',
  identityScopes: ['read'],
  scopeSeparator: ',',
  probe: {
    method: 'POST',
    format: 'json',
    params: { query: '{ viewer { id name email } organization { id name urlKey } }' },
  },
  account: { id: 'data.viewer.id', email: 'data.viewer.email', name: 'data.viewer.name' },
  keep: { organizationId: { from: 'probe', path: 'data.organization.id' } },
  revocation: {
    auth: 'token',
    tokens: 'access',
    tokenParam: null,
    sendsHint: false,
    reach: 'account',
  },
  accessTokenSeconds: 86_400,
  refreshTokens: {
    issued: 'always',
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 1800,
  },
} as const satisfies Preset
