import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://zoom.us/oauth/token',
  auth: 'basic',
  formats: ['form', 'query'],
  answer: tokens(3599),
} as const
const INVALID_TOKEN = { reason: 'Invalid Token!', error: 'invalid_grant' }

export const zoom: Dialect = {
  authorize: { url: 'https://zoom.us/oauth/authorize', pkce: 'sent' },
  scopes: {
    // The scopes are those of the app in Zoom's marketplace.
    defaults: [],
    ask: ['meeting:read', 'user:read'],
    sent: ['meeting:read', 'user:read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  // A second consent of a user ends the tokens of the first.
  endsSiblings: true,
  lifetimes: { access: 3599, idle: 7_776_000 },
  errors: {
    dead: [
      INVALID_GRANT,
      { status: 400, body: { ...INVALID_TOKEN, error: 'invalid_request' } },
      { status: 401, body: INVALID_TOKEN },
    ],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://api.zoom.us/v2/users/me',
      answer: {
        id: ADA.id,
        account_id: 'acc_1',
        email: ADA.email,
        display_name: ADA.name,
        first_name: 'Ada',
        last_name: 'Lovelace',
      },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://zoom.us/oauth/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'access',
    answer: { status: 'success' },
  },
}
