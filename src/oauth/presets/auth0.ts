import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const auth0 = {
  name: 'Auth0',
  documentation: {
    url: 'https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'errors.config',
      'revocation.tokens',
      'refreshTokens.idleSeconds',
      'refreshTokens.lifetimeSeconds',
      'refreshTokens.perAccount',
    ],
  },
  params: {
    domain: {
      description: 'The tenant: acme.us.auth0.com',
      pattern: `${LABEL}(?:\\.${LABEL})?\\.auth0\\.com`,
      required: true,
    },
    audience: {
      description: 'The identifier of the API that access tokens are for',
      pattern: '[\\x21-\\x7e]{1,512}',
      authorizationParam: 'audience',
    },
    revocationDeletesGrant: {
      description: 'Refresh Token Revocation Deletes Grant of the tenant: on, off, or unknown',
      pattern: 'on|off|unknown',
      default: 'unknown',
      setBy: 'operator',
    },
    refreshTokenRotation: {
      description: 'Refresh Token Rotation of the application: on, off, or unknown',
      pattern: 'on|off|unknown',
      default: 'unknown',
      setBy: 'operator',
    },
  },
  byParam: {
    revocationDeletesGrant: { off: { revocation: { reach: 'token' } } },
    refreshTokenRotation: {
      on: { refreshTokens: { rotation: 'single-use' } },
      off: { refreshTokens: { rotation: 'none', replay: 'allowed' } },
    },
  },
  // Operators with a custom domain must set `issuer`.
  issuer: 'https://{domain}/',
  clientAuth: 'post',
  identityScopes: ['openid', 'profile', 'email'],
  offline: { scope: 'offline_access' },
  loginHintParam: 'login_hint',
  // A wrong secret also returns `access_denied`.
  errors: { config: [{ statuses: [401, 403], where: { error: ['access_denied'] } }] },
  // If a tenant setting is on, one revocation revokes all refresh tokens of the user at this
  // client.
  revocation: { tokens: 'refresh', reach: 'account' },
  refreshTokens: {
    issued: 'on-request',
    remedy: 'Allow offline access in the settings of the API at Auth0',
    rotation: 'sometimes',
    // Reuse after the configured overlap (by default none) revokes the token family.
    replay: 'never',
    graceSeconds: 0,
    // The lifetime starts at the first consent. The application may also have no absolute lifetime.
    lifetimeSeconds: 2_592_000,
    idleSeconds: 1_296_000,
    perAccount: 200,
  },
} as const satisfies Preset
