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
  // It is for apps that have it switched on, which makes them public clients.
  pkce: 'omit',
  // `user:users:read` asks for `users:read` in the name of the user, `users:read` in the bot's.
  secondScope: { param: 'user_scope', prefix: 'user:' },
  // The bot's tokens, or the user's where there is no bot; a refresh answers either at the top.
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
  // Every answer is a 200.
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
    // Each token is revoked by itself, unless it takes the whole installation with it.
    tokens: 'both',
    sendsHint: false,
    reach: 'account',
    success: { where: { ok: [true] } },
  },
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Switch on token rotation in the settings of the Slack app; it cannot be switched off',
    // How long the grace is, Slack does not say.
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 30,
  },
} as const satisfies Preset
