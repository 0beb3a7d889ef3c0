import { INVALID_CLIENT, INVALID_GRANT, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://diauth.garmin.com/di-oauth2-service/oauth/token',
  auth: 'post',
  formats: ['form'],
  answer: tokens(86_400, { scope: undefined, refresh_token_expires_in: 7_775_998 }),
} as const

export const garmin: Dialect = {
  authorize: { url: 'https://connect.garmin.com/oauth2Confirm', pkce: 'sent' },
  scopes: null,
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  lifetimes: { access: 86_400, refresh: 7_775_998, idle: 7_776_000 },
  errors: { dead: [INVALID_GRANT], temporary: statuses(429, 503), config: [INVALID_CLIENT] },
  probes: [
    {
      url: 'https://apis.garmin.com/wellness-api/rest/user/id',
      answer: { userId: '1085' },
    },
  ],
  account: { id: '1085', email: null, name: null },
  revocation: {
    url: 'https://apis.garmin.com/wellness-api/rest/user/registration',
    method: 'DELETE',
    auth: 'token',
    tokens: 'access',
    status: 204,
    endsAll: true,
  },
}
