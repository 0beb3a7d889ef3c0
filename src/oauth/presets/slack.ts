import type { Preset } from '../recipe/preset-schema.ts'

export const slack = {
  name: 'Slack',
  documentation: {
    url: 'https://docs.slack.dev/authentication/using-token-rotation',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: [
      'account',
      'errors.dead',
      'errors.config',
      'pkce',
      'refreshTokens.graceSeconds',
      'revocation.success',
    ],
  },
  authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
  tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
  revocationEndpoint: 'https://slack.com/api/auth.revoke',
  userinfoEndpoint: 'https://slack.com/api/auth.test',
  clientAuth: 'basic',
  scopeSeparator: ',',
  // An app that enables PKCE in its settings becomes a public client.
  pkce: 'omit',
  // `user:users:read` requests `users:read` for the user token, `users:read` for the bot token.
  secondScope: { param: 'user_scope', prefix: 'user:' },
  // Uses the bot's tokens, or the user's tokens if there is no bot. A refresh returns the tokens of
  // either one at the top level.
  answer: { roots: ['', 'authed_user'] },
  grantedScope: { prefix: 'user:' },
  probe: { method: 'POST', success: { where: { ok: [true] } } },
  account: { id: { joined: ['team_id', 'user_id'], with: ':' }, name: 'team' },
  keep: {
    teamId: { from: 'tokens', path: 'team.id' },
    teamName: { from: 'tokens', path: 'team.name' },
    enterpriseId: { from: 'tokens', path: 'enterprise.id' },
    userId: { from: 'tokens', path: 'authed_user.id' },
    botUserId: { from: 'tokens', path: 'bot_user_id' },
    appId: { from: 'tokens', path: 'app_id' },
  },
  // Every answer has status 200.
  errors: {
    dead: [
      {
        where: {
          error: [
            'invalid_refresh_token',
            'token_revoked',
            'token_expired',
            'account_inactive',
            'authorization_not_found',
            'invalid_code',
            'code_already_used',
          ],
        },
      },
    ],
    config: [
      {
        where: {
          error: [
            'invalid_client_id',
            'bad_client_secret',
            'bad_redirect_uri',
            'invalid_grant_type',
            'token_rotation_not_enabled',
          ],
        },
      },
    ],
    temporary: [
      {
        where: {
          error: ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'],
        },
      },
    ],
    throttled: [{ where: { error: ['ratelimited'] } }],
  },
  revocation: {
    auth: 'token',
    format: 'query',
    tokenParam: null,
    // Each token needs its own revocation, but revoking one may also end the whole installation.
    tokens: 'both',
    sendsHint: false,
    reach: 'account',
    success: { where: { ok: [true] } },
  },
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Switch on token rotation in the settings of the Slack app; it cannot be switched off',
    // Slack does not document the length of the grace period.
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 30,
  },
} as const satisfies Preset
