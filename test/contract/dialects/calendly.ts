import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const USER = 'https://api.calendly.com/users/1085'
const ORGANIZATION = 'https://api.calendly.com/organizations/7'
const TOKEN = {
  url: 'https://auth.calendly.com/oauth/token',
  // One page of the documentation says Basic, another one the body.
  auth: ['basic', 'post'],
  formats: ['form'],
  answer: tokens(7200, { created_at: '{nowSeconds}', owner: USER, organization: ORGANIZATION }),
} as const

export const calendly: Dialect = {
  authorize: { url: 'https://auth.calendly.com/oauth/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['users:read'],
    ask: ['users:read', 'scheduled_events:read'],
    sent: ['users:read', 'scheduled_events:read'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 7200, refresh: null },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api.calendly.com/users/me',
      answer: {
        resource: {
          uri: USER,
          name: ADA.name,
          email: ADA.email,
          current_organization: ORGANIZATION,
        },
      },
    },
  ],
  account: { ...ADA, id: USER },
  kept: { owner: USER, organization: ORGANIZATION },
  revocation: {
    url: 'https://auth.calendly.com/oauth/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    answer: {},
  },
}
