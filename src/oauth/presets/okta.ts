import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const okta = {
  name: 'Okta',
  documentation: {
    url: 'https://developer.okta.com/docs/guides/refresh-tokens/main/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['revocation.reach'],
  },
  params: {
    domain: {
      description: 'The org: acme.okta.com, or acme.oktapreview.com for a preview',
      pattern: `${LABEL}\\.okta(?:preview)?\\.com`,
      required: true,
    },
    authorizationServer: {
      description: 'Empty for the org itself, /oauth2/default or another for a custom server',
      pattern: '|/oauth2/[A-Za-z0-9]+',
      default: '',
    },
  },
  // The org authorization server always has these lifetimes, whether or not tokens rotate.
  byParam: {
    authorizationServer: {
      '': { refreshTokens: { lifetimeSeconds: 7_776_000, idleSeconds: null } },
    },
  },
  // Operators with a custom domain must set `issuer`.
  issuer: 'https://{domain}{authorizationServer}',
  clientAuth: 'basic',
  identityScopes: ['openid', 'profile', 'email'],
  offline: { scope: 'offline_access' },
  loginHintParam: 'login_hint',
  revocation: { reach: 'account' },
  refreshTokens: {
    issued: 'on-request',
    remedy: 'Enable the grant type Refresh Token in the settings of the Okta app',
    rotation: 'sometimes',
    // Reuse after the grace period (which may be 0) revokes the newest refresh token and all access
    // tokens.
    replay: 'never',
    graceSeconds: 30,
    idleSeconds: 604_800,
  },
} as const satisfies Preset
