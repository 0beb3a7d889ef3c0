import { ADA, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

export const clickup: Dialect = {
  authorize: { url: 'https://app.clickup.com/api', pkce: 'either' },
  scopes: null,
  exchange: {
    url: 'https://api.clickup.com/api/v2/oauth/token',
    auth: 'post',
    formats: ['json', 'query'],
    // The documentation has neither.
    params: { grant_type: null, redirect_uri: null },
    tolerated: ['grant_type', 'redirect_uri'],
    answer: { access_token: '{accessToken}', token_type: 'Bearer' },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: {
    dead: [],
    temporary: statuses(503),
    config: [],
    code: [{ status: 401, body: { err: 'Code invalid', ECODE: 'OAUTH_014' } }],
  },
  probes: [
    {
      url: 'https://api.clickup.com/api/v2/user',
      answer: { user: { id: 1085, username: ADA.name, email: ADA.email } },
    },
  ],
  account: ADA,
  apiHeader: { name: 'Authorization', value: '{accessToken}' },
  revocation: null,
}
