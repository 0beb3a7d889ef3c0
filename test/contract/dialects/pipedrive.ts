import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const API = 'https://engines.pipedrive.com'
const TOKEN = {
  url: 'https://oauth.pipedrive.com/oauth/token',
  auth: 'basic',
  formats: ['form'],
  answer: tokens(3599, { scope: 'base,deals:read', api_domain: API }),
} as const

export const pipedrive: Dialect = {
  // The scopes are those of the app; an empty parameter is refused.
  authorize: {
    url: 'https://oauth.pipedrive.com/oauth/authorize',
    pkce: 'omitted',
  },
  scopes: null,
  granted: ['base', 'deals:read'],
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'same' },
  lifetimes: { access: 3599, idle: 60 * 86_400 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  denied: ['user_denied'],
  probes: [
    {
      url: `${API}/v1/users/me`,
      answer: {
        success: true,
        data: { id: 1085, company_id: 7, email: ADA.email, name: ADA.name },
      },
    },
  ],
  account: { ...ADA, id: '7:1085' },
  kept: { api: API },
  revocation: {
    url: 'https://oauth.pipedrive.com/oauth/revoke',
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'refresh',
    // This uninstalls the app from the company.
    endsAll: true,
    isGuess: true,
  },
}
