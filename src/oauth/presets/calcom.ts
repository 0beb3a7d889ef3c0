import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const calcom = {
  name: 'Cal.com',
  documentation: {
    url: 'https://cal.com/docs/api-reference/v2/oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['account'],
  },
  params: {
    appBase: {
      description: 'Where a self-hosted instance shows its pages',
      pattern: OWN_BASE,
      default: 'https://app.cal.com',
      setBy: 'operator',
    },
    apiBase: {
      description: 'Where a self-hosted instance answers the API',
      pattern: OWN_BASE,
      default: 'https://api.cal.com',
      setBy: 'operator',
    },
  },
  authorizationEndpoint: '{appBase}/auth/oauth2/authorize',
  tokenEndpoint: '{apiBase}/v2/auth/oauth2/token',
  userinfoEndpoint: '{apiBase}/v2/me',
  clientAuth: 'post',
  identityScopes: ['PROFILE_READ'],
  account: { id: 'data.id', email: 'data.email', name: ['data.name', 'data.username'] },
  errors: { config: [{ where: { error: ['invalid_request', 'invalid_scope'] } }] },
  revocation: null,
  accessTokenSeconds: 1800,
  refreshTokens: {
    issued: 'always',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 2_592_000,
    // Each refresh deletes every refresh token of the same client and user, or client and team.
    endsSiblings: true,
  },
} as const satisfies Preset
