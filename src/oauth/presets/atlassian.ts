import type { Preset } from '../recipe/preset-schema.ts'

export const atlassian = {
  name: 'Atlassian',
  documentation: {
    url: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['tokenRequestFormat', 'errors'],
  },
  params: {
    domain: {
      description: 'atlassian.com, or atlassian-us-gov-mod.com for US government',
      pattern: 'atlassian(?:-us-gov-mod)?\\.com',
      default: 'atlassian.com',
    },
  },
  authorizationEndpoint: 'https://auth.{domain}/authorize',
  tokenEndpoint: 'https://auth.{domain}/oauth/token',
  userinfoEndpoint: 'https://api.{domain}/me',
  clientAuth: 'post',
  identityScopes: ['read:me'],
  offline: { scope: 'offline_access' },
  authorizationParams: { audience: 'api.{domain}', prompt: 'consent' },
  tokenRequestFormat: 'json',
  account: { id: 'account_id', email: 'email', name: 'name' },
  errors: {
    dead: [
      {
        where: {
          error: ['unauthorized_client'],
          error_description: ['refresh_token is invalid'],
        },
      },
    ],
    // A wrong secret also returns `access_denied`.
    config: [{ where: { error: ['access_denied'] } }],
  },
  revocation: null,
  refreshTokens: {
    issued: 'on-request',
    rotation: 'grace',
    // Reuse after the grace period revokes every refresh token of the consent.
    replay: 'within-grace',
    graceSeconds: 600,
    lifetimeSeconds: 31_536_000,
    idleSeconds: 7_776_000,
    // Atlassian revokes the old access token after the grace period.
    endsAccessToken: true,
  },
} as const satisfies Preset
