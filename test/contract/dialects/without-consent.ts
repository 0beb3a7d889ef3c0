import { ADA, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** Placeholder: these vendors have no authorization page. */
const NOWHERE = {
  authorize: { url: 'https://nowhere.invalid/', pkce: 'either' },
  scopes: null,
  refresh: null,
  revocation: null,
} as const
const NO_TOKENS = {
  url: 'https://nowhere.invalid/token',
  auth: 'none',
  formats: [],
  answer: {},
} as const

export const APP_PASSWORD = 'abcd-efgh-ijkl-mnop'
export const API_KEY = 'fd-key-1085'

/** Vendors without consent: the user enters a password or key, or the app has its own client. */
export const withoutConsent: Readonly<Record<string, Dialect>> = {
  'icloud-caldav': {
    ...NOWHERE,
    exchange: NO_TOKENS,
    lifetimes: { access: null },
    errors: { dead: statuses(401), temporary: statuses(429, 503), config: [] },
    probes: [
      {
        // RFC 6764 §6 and RFC 5397 §3: an authenticated user gets their principal URL.
        url: 'https://caldav.icloud.com/',
        method: 'PROPFIND',
        headers: { depth: '0' },
        formats: ['xml'],
        authorization: basic(ADA.email, APP_PASSWORD),
        status: 207,
        answer: '<multistatus xmlns="DAV:"/>',
      },
    ],
    account: { id: ADA.email, email: ADA.email, name: null },
  },
  freshdesk: {
    ...NOWHERE,
    settings: { subdomain: 'engines' },
    exchange: NO_TOKENS,
    lifetimes: { access: null },
    errors: { dead: statuses(401), temporary: statuses(429, 503), config: [] },
    probes: [
      {
        url: 'https://engines.freshdesk.com/api/v2/agents/me',
        authorization: basic(API_KEY, 'X'),
        answer: { id: 1085, contact: { name: ADA.name, email: ADA.email } },
      },
    ],
    account: { ...ADA, id: 'engines/1085' },
  },
  'zoom-server-to-server': {
    ...NOWHERE,
    settings: { accountId: 'acc_1' },
    exchange: {
      url: 'https://zoom.us/oauth/token',
      auth: 'basic',
      formats: ['form', 'query'],
      params: {
        grant_type: 'account_credentials',
        account_id: 'acc_1',
        code: null,
        redirect_uri: null,
      },
      answer: tokens(3599, { refresh_token: undefined, scope: 'meeting:read:admin' }),
    },
    lifetimes: { access: 3599 },
    errors: {
      dead: [],
      temporary: statuses(429, 503),
      config: [oauthError('invalid_client'), oauthError('unsupported_grant_type')],
    },
    account: { id: 'acc_1', email: null, name: null },
  },
}
