import { statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer, Template } from '../dialect.ts'

/** Success and failure both have status 200; `ok` tells them apart. */
const no = (error: string): ErrorAnswer => ({ status: 200, body: { ok: false, error } })
const BOT: Record<string, Template> = {
  ok: true,
  access_token: '{accessToken}',
  refresh_token: '{refreshToken}',
  token_type: 'bot',
  expires_in: 43_200,
  scope: '{scope}',
  bot_user_id: 'U0BOT',
  app_id: 'A1',
  team: { id: 'T1', name: 'Analytical Engines' },
}
const TOKEN = {
  url: 'https://slack.com/api/oauth.v2.access',
  auth: 'basic',
  formats: ['form', 'json'],
} as const

export const slack: Dialect = {
  authorize: { url: 'https://slack.com/oauth/v2/authorize', pkce: 'omitted' },
  scopes: {
    defaults: [],
    ask: ['channels:read', 'users:read'],
    sent: ['channels:read', 'users:read'],
    separator: ',',
  },
  exchange: { ...TOKEN, answer: { ...BOT, authed_user: { id: 'U1' } } },
  refresh: { ...TOKEN, rotation: 'single-use', answer: BOT },
  lifetimes: { access: 43_200 },
  errors: {
    dead: ['invalid_refresh_token', 'token_revoked', 'account_inactive', 'token_expired'].map(no),
    temporary: [
      ...['internal_error', 'fatal_error', 'service_unavailable'].map(no),
      { ...no('ratelimited'), slowsDown: true },
      ...statuses(429, 503),
    ],
    config: [
      ...['bad_client_secret', 'invalid_client_id', 'bad_redirect_uri'].map(no),
      no('token_rotation_not_enabled'),
    ],
    code: ['invalid_code', 'code_already_used'].map(no),
  },
  probes: [
    {
      url: 'https://slack.com/api/auth.test',
      method: 'POST',
      answer: {
        ok: true,
        team: 'Analytical Engines',
        user: 'engine',
        team_id: 'T1',
        user_id: 'U0BOT',
        bot_id: 'B1',
      },
    },
  ],
  account: { id: 'T1:U0BOT', email: null, name: 'Analytical Engines' },
  kept: { team: 'T1', bot: 'U0BOT' },
  revocation: {
    url: 'https://slack.com/api/auth.revoke',
    auth: 'token',
    tokens: 'either',
    endsAll: true,
    answer: { ok: true, revoked: true },
    refusal: no('ratelimited'),
  },
}
