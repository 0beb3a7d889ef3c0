import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://api-m.paypal.com/v1/oauth2/token',
  auth: 'basic',
  formats: ['form'],
} as const
// Some answers have lifetimes as strings.
const ANSWER = tokens(28_800, { expires_in: '28800', nonce: '2026-11-22T12:00:00Z' })

export const paypal: Dialect = {
  authorize: { url: 'https://www.paypal.com/signin/authorize', tolerated: ['nonce'], pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'email', 'profile'],
    ask: ['openid', 'email', 'profile', 'address'],
    sent: ['openid', 'email', 'profile', 'address'],
    separator: ' ',
  },
  // PayPal returns no id token, although `openid` is requested.
  exchange: { ...TOKEN, answer: ANSWER },
  refresh: { ...TOKEN, rotation: 'none', answer: { ...ANSWER, refresh_token: undefined } },
  lifetimes: { access: 28_800 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1',
      answer: {
        user_id: ADA.id,
        payer_id: 'WDJJHEBZ4X2LY',
        name: ADA.name,
        emails: [
          { value: 'ada@old.example', primary: false },
          { value: ADA.email, primary: true },
        ],
      },
    },
  ],
  account: ADA,
  kept: { payer: 'WDJJHEBZ4X2LY' },
  revocation: null,
}
