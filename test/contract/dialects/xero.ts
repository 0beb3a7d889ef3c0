import { CLAIMS, INVALID_GRANT, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const IDENTITY = 'https://identity.xero.com'
const TOKEN = {
  url: `${IDENTITY}/connect/token`,
  auth: 'basic',
  formats: ['form'],
  answer: tokens(1800),
} as const

export const xero: Dialect = {
  authorize: { url: 'https://login.xero.com/identity/connect/authorize', pkce: 'sent' },
  scopes: {
    defaults: ['openid', 'profile', 'email', 'offline_access'],
    ask: ['accounting.transactions.read'],
    sent: ['openid', 'profile', 'email', 'offline_access', 'accounting.transactions.read'],
    separator: ' ',
  },
  openid: {
    issuer: IDENTITY,
    jwks: `${IDENTITY}/.well-known/openid-configuration/jwks`,
    claims: { ...CLAIMS, xero_userid: 'xu-1' },
    nonce: true,
  },
  exchange: { ...TOKEN, answer: { ...TOKEN.answer, id_token: '{idToken}' } },
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 1800, idle: 60 * 86_400, grace: 1800 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client'), oauthError('unauthorized_client')],
  },
  probes: [
    {
      url: 'https://api.xero.com/connections',
      answer: [
        { id: 'c-1', tenantId: 'te-1', tenantType: 'ORGANISATION', tenantName: 'Engines Ltd' },
      ],
    },
  ],
  account: { id: '1085', ...CLAIMS },
  revocation: {
    url: `${IDENTITY}/connect/revocation`,
    auth: 'basic',
    params: { token: '{token}' },
    tokens: 'refresh',
    // This also disconnects the organisations.
    endsAll: true,
    isGuess: true,
  },
}
