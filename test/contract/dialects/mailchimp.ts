import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const BASE = 'https://login.mailchimp.com/oauth2'

export const mailchimp: Dialect = {
  authorize: { url: `${BASE}/authorize`, pkce: 'either' },
  scopes: null,
  exchange: {
    url: `${BASE}/token`,
    auth: 'post',
    formats: ['form'],
    // Zero means no expiry.
    answer: { access_token: '{accessToken}', expires_in: 0, scope: null },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: `${BASE}/metadata`,
      authorization: 'OAuth {accessToken}',
      answer: {
        dc: 'us6',
        role: 'owner',
        accountname: 'Analytical Engines',
        user_id: 1085,
        login: { email: ADA.email, login_id: 9, login_email: ADA.email },
        api_endpoint: 'https://us6.api.mailchimp.com',
      },
    },
  ],
  account: { id: '1085', email: ADA.email, name: 'Analytical Engines' },
  kept: { dc: 'us6', api: 'https://us6.api.mailchimp.com' },
  revocation: null,
}
