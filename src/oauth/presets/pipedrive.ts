import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const pipedrive = {
  name: 'Pipedrive',
  documentation: {
    url: 'https://pipedrive.readme.io/docs/marketplace-oauth-authorization',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['account.id', 'answer.scopeSeparator', 'revocation', 'refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://oauth.pipedrive.com/oauth/authorize',
  tokenEndpoint: 'https://oauth.pipedrive.com/oauth/token',
  revocationEndpoint: 'https://oauth.pipedrive.com/oauth/revoke',
  userinfoEndpoint: '{apiDomain}/v1/users/me',
  clientAuth: 'basic',
  // The app's settings define the scopes.
  scopeParam: null,
  pkce: 'omit',
  deniedBy: ['user_denied'],
  answer: { scopeSeparator: ',' },
  account: {
    id: { joined: ['data.company_id', 'data.id'], with: ':' },
    email: 'data.email',
    name: 'data.name',
  },
  keep: {
    apiDomain: {
      from: 'tokens',
      path: 'api_domain',
      pattern: `https://${LABEL}\\.pipedrive\\.com`,
      default: 'https://api.pipedrive.com',
    },
  },
  // A revocation uninstalls the app.
  revocation: { tokens: 'refresh', reach: 'account' },
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'always',
    rotation: 'sometimes',
    replay: 'allowed',
    idleSeconds: 5_184_000,
  },
} as const satisfies Preset
