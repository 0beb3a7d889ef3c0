import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://cloud.digitalocean.com/v1/oauth'
const TOKEN = {
  url: `${BASE}/token`,
  auth: 'post',
  formats: ['form'],
  answer: tokens(2_592_000, {
    token_type: 'bearer',
    info: { name: ADA.name, email: ADA.email, uuid: ADA.id, team: null },
  }),
} as const

export const digitalocean: Dialect = {
  authorize: { url: `${BASE}/authorize`, pkce: 'either' },
  scopes: {
    defaults: ['read'],
    ask: ['read', 'write'],
    sent: ['read', 'write'],
    separator: ' ',
    withheld: 'write',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 2_592_000 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.digitalocean.com/v2/account',
      answer: { account: { uuid: ADA.id, email: ADA.email } },
    },
  ],
  account: { ...ADA, name: ADA.email },
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'token',
    params: { token: '{token}' },
    tokens: 'access',
    answer: {},
    isGuess: true,
  },
}
