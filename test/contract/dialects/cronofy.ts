import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens, USERINFO } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api.cronofy.com/oauth/token',
  auth: 'post',
  formats: ['json', 'form'],
} as const
const ANSWER = tokens(10_800, {
  token_type: 'bearer',
  account_id: 'acc-1085',
  sub: '1085',
  linking_profile: { provider_name: 'google', profile_id: 'pro-1', profile_name: ADA.email },
})

export const cronofy: Dialect = {
  authorize: { url: 'https://app.cronofy.com/oauth/authorize', pkce: 'either' },
  scopes: {
    defaults: ['read_events'],
    ask: ['read_events', 'create_event'],
    sent: ['read_events', 'create_event'],
    separator: ' ',
  },
  exchange: { ...TOKEN, answer: ANSWER },
  refresh: { ...TOKEN, rotation: 'same', answer: ANSWER },
  lifetimes: { access: 10_800 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [{ url: 'https://api.cronofy.com/v1/userinfo', answer: USERINFO }],
  account: ADA,
  kept: { account: 'acc-1085' },
  revocation: {
    url: 'https://api.cronofy.com/oauth/token/revoke',
    auth: 'post',
    formats: ['form', 'json'],
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
