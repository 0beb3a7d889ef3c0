import { INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

const problem = (status: string): ErrorAnswer => ({
  status: 400,
  body: { status, message: 'as HubSpot words it', correlationId: 'c0', category: 'BAD_REQUEST' },
})
const BASE = 'https://api.hubapi.com/oauth/2026-03/token'
const TOKEN = {
  url: BASE,
  auth: 'post',
  formats: ['form'],
  answer: {
    access_token: '{accessToken}',
    refresh_token: '{refreshToken}',
    token_type: 'bearer',
    expires_in: 1800,
    scopes: '{scopeList}',
    hub_id: 7,
    user_id: 1085,
    token_use: 'access_token',
  },
} as const

export const hubspot: Dialect = {
  authorize: {
    url: 'https://app.hubspot.com/oauth/authorize',
    tolerated: ['optional_scope'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['oauth'],
    ask: ['oauth', 'crm.objects.contacts.read'],
    sent: ['oauth', 'crm.objects.contacts.read'],
    separator: ' ',
    withheld: 'crm.objects.contacts.read',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 1800 },
  errors: {
    dead: [problem('BAD_REFRESH_TOKEN'), INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [problem('BAD_CLIENT_SECRET'), problem('BAD_CLIENT_ID'), problem('BAD_REDIRECT_URI')],
    code: [problem('BAD_AUTH_CODE')],
  },
  probes: [
    {
      url: `${BASE}/introspect`,
      method: 'POST',
      auth: 'post',
      params: { token: '{accessToken}', token_type_hint: 'access_token' },
      answer: {
        active: true,
        hub_id: 7,
        user_id: 1085,
        user: 'ada@example.com',
        hub_domain: 'engines.example',
      },
    },
  ],
  account: { id: '7:1085', email: 'ada@example.com', name: 'engines.example' },
  kept: { hub: 7, user: 1085 },
  revocation: {
    url: `${BASE}/revoke`,
    auth: 'post',
    params: { token: '{token}', token_type_hint: 'refresh_token' },
    tokens: 'refresh',
    status: 204,
  },
}
