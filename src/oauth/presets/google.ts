import type { Preset } from '../recipe/preset-schema.ts'

export const google = {
  name: 'Google',
  documentation: {
    url: 'https://developers.google.com/identity/protocols/oauth2/web-server',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['errors', 'revocation.auth', 'unsupportedBy'],
  },
  issuer: 'https://accounts.google.com',
  authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenEndpoint: 'https://oauth2.googleapis.com/token',
  revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
  userinfoEndpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
  jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
  clientAuth: 'post',
  identityScopes: ['openid', 'email', 'profile'],
  // Without `prompt=consent`, only the first consent of an account returns a refresh token.
  authorizationParams: { access_type: 'offline', prompt: 'consent' },
  loginHintParam: 'login_hint',
  unsupportedBy: ['org_internal', 'admin_policy_enforced'],
  grantedScope: {
    aliases: {
      email: ['https://www.googleapis.com/auth/userinfo.email'],
      profile: ['https://www.googleapis.com/auth/userinfo.profile'],
    },
  },
  errors: {
    dead: [{ where: { error: ['admin_policy_enforced'] } }],
    config: [
      {
        where: {
          error: ['redirect_uri_mismatch', 'org_internal', 'deleted_client', 'disabled_client'],
        },
      },
    ],
    temporary: [
      { where: { error: ['internal_failure', 'server_error', 'temporarily_unavailable'] } },
    ],
  },
  // Revoking either token ends the whole grant.
  revocation: { auth: 'none', tokens: 'any', sendsHint: false, reach: 'account' },
  // All clients of a Google Cloud project share one grant of a user. Client ids begin with the
  // project number.
  grantDomain: { name: 'google', projectSeparator: '-' },
  accessTokenSeconds: 3600,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'none',
    replay: 'allowed',
    idleSeconds: 15_552_000,
    perAccount: 100,
  },
} as const satisfies Preset
