import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const ACCESS = 'https://api.eu.surveymonkey.com'

export const surveymonkey: Dialect = {
  authorize: { url: 'https://api.surveymonkey.com/oauth/authorize', pkce: 'either' },
  scopes: null,
  exchange: {
    url: 'https://api.surveymonkey.com/oauth/token',
    auth: 'post',
    formats: ['form'],
    // The answer has the URL of the account's data centre.
    answer: {
      access_token: '{accessToken}',
      token_type: 'bearer',
      expires_in: null,
      access_url: ACCESS,
    },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: `${ACCESS}/v3/users/me`,
      answer: { id: ADA.id, email: ADA.email, username: 'ada', first_name: 'Ada' },
    },
  ],
  account: { ...ADA, name: 'ada' },
  kept: { access: ACCESS },
  revocation: null,
}
