import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://discord.com/api/oauth2/token',
  auth: 'post',
  // JSON is refused.
  formats: ['form'],
  answer: tokens(604_800),
} as const

export const discord: Dialect = {
  authorize: { url: 'https://discord.com/oauth2/authorize', tolerated: ['prompt'], pkce: 'sent' },
  scopes: {
    defaults: ['identify', 'email'],
    ask: ['identify', 'email', 'guilds'],
    sent: ['identify', 'email', 'guilds'],
    separator: ' ',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 604_800 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: 'https://discord.com/api/users/@me',
      answer: {
        id: ADA.id,
        username: 'ada',
        global_name: ADA.name,
        email: ADA.email,
        verified: true,
      },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://discord.com/api/oauth2/token/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    endsAll: true,
    answer: {},
  },
}
