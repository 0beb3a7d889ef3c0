import { ADA, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

// Every request names the client id `client_key`.
const KEY = { client_id: null, client_key: '{clientId}' } as const
const TOKEN = {
  url: 'https://open.tiktokapis.com/v2/oauth/token/',
  auth: 'post',
  formats: ['form'],
  params: KEY,
  answer: tokens(86_400, { open_id: 'open-1085', refresh_expires_in: 31_536_000 }),
} as const

export const tiktok: Dialect = {
  authorize: { url: 'https://www.tiktok.com/v2/auth/authorize/', params: KEY, pkce: 'omitted' },
  scopes: {
    defaults: ['user.info.basic'],
    ask: ['user.info.basic', 'video.list'],
    sent: ['user.info.basic', 'video.list'],
    separator: ',',
    withheld: 'video.list',
  },
  callback: { scopes: '{scope}' },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 86_400, refresh: 31_536_000 },
  errors: {
    dead: [oauthError('invalid_grant'), oauthError('invalid_grant', 200)],
    temporary: statuses(429, 503),
    config: [oauthError('invalid_client', 401)],
  },
  probes: [
    {
      url: 'https://open.tiktokapis.com/v2/user/info/?fields=open_id,union_id,avatar_url,display_name',
      answer: {
        data: { user: { open_id: 'open-1085', display_name: ADA.name } },
        error: { code: 'ok', message: '' },
      },
    },
  ],
  account: { id: 'open-1085', email: null, name: ADA.name },
  kept: { openId: 'open-1085' },
  revocation: {
    url: 'https://open.tiktokapis.com/v2/oauth/revoke/',
    auth: 'post',
    params: { ...KEY, token: '{token}' },
    tokens: 'access',
    answer: {},
  },
}
