import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://platform.ringcentral.com/restapi'
const TOKEN = {
  url: `${BASE}/oauth/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3600, {
    scope: undefined,
    refresh_token_expires_in: 604_800,
    owner_id: ADA.id,
    endpoint_id: 'e-1',
  }),
} as const

export const ringcentral: Dialect = {
  authorize: { url: `${BASE}/oauth/authorize`, pkce: 'sent' },
  scopes: {
    // The scopes are those of the app.
    defaults: [],
    ask: ['ReadAccounts', 'CallControl'],
    sent: ['ReadAccounts', 'CallControl'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  cap: 5,
  lifetimes: { access: 3600, refresh: 604_800 },
  errors: {
    dead: [INVALID_GRANT, oauthError('invalid_grant', 400, { errors: [{ errorCode: 'OAU-210' }] })],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${BASE}/v1.0/account/~/extension/~`,
      answer: { id: 1085, name: ADA.name, contact: { email: ADA.email } },
    },
  ],
  account: ADA,
  revocation: {
    url: `${BASE}/oauth/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
