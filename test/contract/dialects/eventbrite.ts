import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

export const eventbrite: Dialect = {
  authorize: { url: 'https://www.eventbrite.com/oauth/authorize', pkce: 'either' },
  scopes: null,
  exchange: {
    url: 'https://www.eventbrite.com/oauth/token',
    auth: 'post',
    formats: ['form'],
    answer: { access_token: '{accessToken}', token_type: 'bearer' },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://www.eventbriteapi.com/v3/users/me/',
      answer: {
        id: ADA.id,
        name: ADA.name,
        emails: [
          { email: 'ada@old.example', primary: false },
          { email: ADA.email, primary: true, verified: true },
        ],
      },
    },
  ],
  account: ADA,
  revocation: null,
}
