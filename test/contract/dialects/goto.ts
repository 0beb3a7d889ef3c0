import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://authentication.logmeininc.com/oauth'
const TOKEN = { url: `${BASE}/token`, auth: 'basic', formats: ['form'] } as const
const ANSWER = tokens(3600, { principal: ADA.email })

export const goTo: Dialect = {
  authorize: { url: `${BASE}/authorize`, pkce: 'sent' },
  scopes: {
    defaults: [],
    ask: ['calls.v2.initiate', 'users.v1.lines.read'],
    sent: ['calls.v2.initiate', 'users.v1.lines.read'],
    separator: ' ',
  },
  exchange: { ...TOKEN, answer: ANSWER },
  // GoTo issues a new one only shortly before the old one expires.
  refresh: { ...TOKEN, rotation: 'none', answer: { ...ANSWER, refresh_token: undefined } },
  lifetimes: { access: 3600 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.getgo.com/admin/rest/v1/me',
      answer: {
        key: ADA.id,
        accountKey: 'acc-1',
        email: ADA.email,
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
    },
  ],
  account: ADA,
  revocation: null,
}
