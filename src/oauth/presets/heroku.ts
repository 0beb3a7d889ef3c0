import type { Preset } from '../recipe/preset-schema.ts'

export const heroku = {
  name: 'Heroku',
  documentation: {
    url: 'https://devcenter.heroku.com/articles/oauth',
    verifiedOn: '2026-08-23',
    unverified: ['identityScopes', 'probe.headers', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://id.heroku.com/oauth/authorize',
  tokenEndpoint: 'https://id.heroku.com/oauth/token',
  userinfoEndpoint: 'https://api.heroku.com/account',
  clientAuth: 'post',
  identityScopes: ['identity'],
  probe: { headers: { Accept: 'application/vnd.heroku+json; version=3' } },
  account: { id: 'id', email: 'email', name: 'name' },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
