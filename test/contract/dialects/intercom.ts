import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

export const intercom: Dialect = {
  authorize: { url: 'https://app.intercom.com/oauth', pkce: 'either' },
  scopes: null,
  exchange: {
    url: 'https://api.intercom.io/auth/eagle/token',
    auth: 'post',
    formats: ['form', 'json'],
    answer: { token_type: 'Bearer', token: '{accessToken}', access_token: '{accessToken}' },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.intercom.io/me',
      answer: {
        type: 'admin',
        id: ADA.id,
        name: ADA.name,
        email: ADA.email,
        app: { id_code: 'w1' },
      },
    },
  ],
  account: ADA,
  revocation: null,
}
