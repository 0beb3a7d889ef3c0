import { ADA, INVALID_CLIENT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

/** The flow of apps that were made before OAuth 2.1. */
export const mondayLegacy: Dialect = {
  authorize: {
    url: 'https://auth.monday.com/oauth2/authorize',
    params: { response_type: null },
    tolerated: ['force_install_if_needed', 'response_type'],
    pkce: 'omitted',
  },
  scopes: {
    defaults: ['me:read'],
    ask: ['me:read', 'boards:read'],
    sent: ['me:read', 'boards:read'],
    separator: ' ',
  },
  exchange: {
    url: 'https://auth.monday.com/oauth2/token',
    auth: 'post',
    formats: ['form', 'json'],
    answer: { access_token: '{accessToken}', token_type: 'Bearer', scope: '{scope}' },
  },
  refresh: null,
  lifetimes: { access: null },
  errors: { dead: [], temporary: statuses(503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.monday.com/v2',
      method: 'POST',
      formats: ['json'],
      params: { query: '*' },
      answer: { data: { me: { id: 1085, name: ADA.name, email: ADA.email, account: { id: 7 } } } },
    },
  ],
  account: ADA,
  apiHeader: { name: 'Authorization', value: '{accessToken}' },
  revocation: null,
}
