import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const calcomLegacy = {
  name: 'Cal.com (legacy)',
  documentation: {
    url: 'https://cal.com/docs/api-reference/v2/oauth',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['scopeSeparator'],
  },
  params: {
    appBase: {
      description: 'Where a self-hosted instance shows its pages',
      pattern: OWN_BASE,
      default: 'https://app.cal.com',
      setBy: 'operator',
    },
  },
  authorizationEndpoint: '{appBase}/auth/oauth2/authorize',
  tokenEndpoint: '{appBase}/api/auth/oauth/token',
  refreshEndpoint: '{appBase}/api/auth/oauth/refreshToken',
  userinfoEndpoint: '{appBase}/api/auth/oauth/me',
  clientAuth: 'post',
  scopes: ['READ_BOOKING'],
  identityScopes: ['READ_PROFILE'],
  scopeSeparator: ',',
  // Old deployments read the refresh token only from this header. Newer deployments also accept
  // this header.
  refreshRequest: { tokenIn: 'bearer' },
  account: { id: 'username', name: 'username' },
  // 401 `Unauthorized` does not mean that the grant is dead: a wrong client secret returns the same
  // answer.
  errors: {
    config: [{ statuses: [400], where: { message: ['Missing client id or secret'] } }],
  },
  revocation: null,
  // Answers contain no lifetime, and a refresh returns only an access token.
  accessTokenSeconds: 1800,
  refreshTokens: {
    issued: 'always',
    rotation: 'sometimes',
    replay: 'allowed',
    graceSeconds: 0,
    lifetimeSeconds: 2_592_000,
    idleSeconds: 2_592_000,
    endsSiblings: true,
  },
} as const satisfies Preset
