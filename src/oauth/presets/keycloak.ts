import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const keycloak = {
  name: 'Keycloak',
  documentation: {
    url: 'https://www.keycloak.org/docs/latest/server_admin/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['refreshTokens.rotation', 'refreshTokens.idleSeconds'],
  },
  params: {
    baseUrl: {
      description: 'Where the server is, with /auth at its end where it is an older one',
      pattern: OWN_BASE,
      required: true,
      setBy: 'operator',
    },
    realm: { description: 'The realm', pattern: '[A-Za-z0-9_-][A-Za-z0-9._-]*', required: true },
    refreshTokenRotation: {
      description: 'Revoke Refresh Token in the settings of the realm: on, off, or unknown',
      pattern: 'on|off|unknown',
      default: 'unknown',
      setBy: 'operator',
    },
  },
  byParam: {
    refreshTokenRotation: {
      on: { refreshTokens: { rotation: 'single-use' } },
      off: { refreshTokens: { rotation: 'none', replay: 'allowed' } },
    },
  },
  issuer: '{baseUrl}/realms/{realm}',
  clientAuth: 'basic',
  identityScopes: ['openid', 'profile', 'email'],
  offline: { scope: 'offline_access' },
  loginHintParam: 'login_hint',
  account: { id: 'sub', email: 'email', name: ['name', 'preferred_username'] },
  accountFromIdToken: { id: 'sub', email: 'email', name: ['name', 'preferred_username'] },
  // Revoking a refresh token ends the consent and all offline tokens of the user at the client.
  revocation: { reach: 'account' },
  refreshTokens: {
    issued: 'always',
    rotation: 'sometimes',
    // If the realm revokes used refresh tokens, reuse ends the session and its newest token.
    replay: 'never',
    graceSeconds: 0,
    // The default idle time of offline tokens. `refresh_expires_in` in answers contains the actual
    // time.
    idleSeconds: 2_592_000,
  },
} as const satisfies Preset
