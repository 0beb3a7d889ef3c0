import { ADA, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://id.twitch.tv/oauth2'
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'post',
  formats: ['form'],
  answer: {
    access_token: '{accessToken}',
    refresh_token: '{refreshToken}',
    token_type: 'bearer',
    expires_in: 14_124,
    scope: '{scopeList}',
  },
} as const
const refusal = (status: number, message: string) => ({
  status,
  body: { status, message, error: status === 403 ? 'Forbidden' : 'Bad Request' },
})

export const twitch: Dialect = {
  authorize: { url: `${BASE}/authorize`, tolerated: ['force_verify'], pkce: 'omitted' },
  scopes: {
    defaults: ['user:read:email'],
    ask: ['user:read:email', 'channel:read:subscriptions'],
    sent: ['user:read:email', 'channel:read:subscriptions'],
    separator: ' ',
    withheld: 'channel:read:subscriptions',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 14_124 },
  errors: {
    dead: [refusal(400, 'Invalid refresh token'), refusal(401, 'Invalid refresh token')],
    temporary: statuses(429, 503),
    config: [refusal(403, 'invalid client secret')],
    code: [refusal(400, 'Invalid authorization code')],
  },
  probes: [
    {
      url: 'https://api.twitch.tv/helix/users',
      headers: { 'client-id': '{clientId}' },
      answer: {
        data: [{ id: ADA.id, login: 'ada', display_name: ADA.name, email: ADA.email }],
      },
    },
  ],
  account: ADA,
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'none',
    params: { token: '{token}' },
    tokens: 'access',
  },
}
