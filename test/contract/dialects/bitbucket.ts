import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://bitbucket.org/site/oauth2/access_token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(7200, { scope: undefined, scopes: '{scope}', state: 'authorization_code' }),
} as const

export const bitbucket: Dialect = {
  authorize: { url: 'https://bitbucket.org/site/oauth2/authorize', pkce: 'omitted' },
  scopes: {
    defaults: ['account', 'email'],
    ask: ['account', 'email', 'repository'],
    sent: ['account', 'email', 'repository'],
    separator: ' ',
    withheld: 'repository',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 7200 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.bitbucket.org/2.0/user',
      answer: { uuid: ADA.id, account_id: '557058:1', display_name: ADA.name },
    },
    {
      url: 'https://api.bitbucket.org/2.0/user/emails',
      answer: {
        values: [
          { email: 'ada@old.example', is_primary: false },
          { email: ADA.email, is_primary: true, is_confirmed: true },
        ],
      },
    },
  ],
  account: ADA,
  revocation: null,
}
