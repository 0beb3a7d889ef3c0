import { ADA, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://account.docusign.com/oauth'
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(28_800, { expires_in: '28800' }),
} as const

export const docusign: Dialect = {
  authorize: { url: `${BASE}/auth`, pkce: 'sent' },
  scopes: {
    // With `extended`, each refresh returns a refresh token of full lifetime.
    defaults: ['signature', 'extended'],
    ask: ['signature', 'impersonation', 'extended'],
    sent: ['signature', 'impersonation', 'extended'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 28_800, idle: 30 * 86_400 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client')],
  },
  probes: [
    {
      url: `${BASE}/userinfo`,
      answer: {
        sub: ADA.id,
        name: ADA.name,
        email: ADA.email,
        accounts: [{ account_id: 'a-1', is_default: true, base_uri: 'https://eu.docusign.net' }],
      },
    },
  ],
  account: ADA,
  kept: { account: 'a-1', base: 'https://eu.docusign.net' },
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
