import { statuses, tokens } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const wrong = (status: number, errorType: string): ErrorAnswer => ({
  status,
  body: { errors: [{ errorType, message: 'as Fitbit words it' }], success: false },
})
const TOKEN = {
  url: 'https://api.fitbit.com/oauth2/token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(28_800, { user_id: '1085' }),
} as const

export const fitbit: Dialect = {
  authorize: { url: 'https://www.fitbit.com/oauth2/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['profile'],
    ask: ['profile', 'activity'],
    sent: ['profile', 'activity'],
    separator: ' ',
    withheld: 'activity',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 28_800, grace: 120 },
  errors: {
    dead: [wrong(400, 'invalid_grant'), wrong(401, 'invalid_grant')],
    temporary: statuses(429, 503),
    config: [wrong(401, 'invalid_client')],
    code: [wrong(400, 'invalid_grant')],
  },
  probes: [
    {
      url: 'https://api.fitbit.com/1/user/-/profile.json',
      answer: { user: { encodedId: '1085', displayName: 'Ada L.' } },
    },
  ],
  account: { id: '1085', email: null, name: 'Ada L.' },
  revocation: {
    url: 'https://api.fitbit.com/oauth2/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
