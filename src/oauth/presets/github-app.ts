import type { Preset } from '../recipe/preset-schema.ts'

export const githubApp = {
  extends: 'github',
  name: 'GitHub App',
  documentation: {
    url: 'https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['keep.installationId', 'errors.throttled', 'revocation'],
  },
  // The app's settings define the permissions. Answers contain an empty scope.
  scopeParam: null,
  identityScopes: [],
  keep: {
    installationId: {
      from: 'callback',
      path: 'installation_id',
      pattern: '\\d{1,32}',
      verifiedBy: {
        url: 'https://api.github.com/user/installations/{installationId}/repositories?per_page=1',
      },
    },
  },
  errors: {
    dead: [{ where: { error: ['bad_refresh_token', 'bad_verification_code'] } }],
    config: [
      {
        where: {
          error: [
            'incorrect_client_credentials',
            'redirect_uri_mismatch',
            'unsupported_grant_type',
          ],
        },
      },
    ],
  },
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Switch on the expiry of user access tokens in the settings of the GitHub App',
    rotation: 'single-use',
    replay: 'allowed',
    graceSeconds: 0,
    idleSeconds: 15_811_200,
    perAccount: null,
    endsAccessToken: true,
  },
} as const satisfies Preset
