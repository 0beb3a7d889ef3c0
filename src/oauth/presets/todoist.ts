import type { Preset } from '../recipe/preset-schema.ts'

export const todoist = {
  name: 'Todoist',
  documentation: {
    url: 'https://developer.todoist.com/api/v1/#tag/Authorization',
    verifiedOn: '2026-08-23',
    unverified: ['userinfoEndpoint', 'errors', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://app.todoist.com/oauth/authorize',
  tokenEndpoint: 'https://api.todoist.com/oauth/access_token',
  userinfoEndpoint: 'https://api.todoist.com/api/v1/sync',
  clientAuth: 'post',
  identityScopes: ['data:read'],
  scopeSeparator: ',',
  probe: { method: 'POST', params: { sync_token: '*', resource_types: '["user"]' } },
  account: { id: 'user.id', email: 'user.email', name: 'user.full_name' },
  errors: {
    dead: [{ where: { error: ['bad_authorization_code'] } }],
    config: [{ where: { error: ['incorrect_application_credentials'] } }],
  },
  revocation: null,
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Todoist gives refresh tokens to newer apps only; tokens of older ones do not end',
    rotation: 'single-use',
    replay: 'allowed',
  },
} as const satisfies Preset
