import type { Dialect } from '../dialect.ts'
import { google } from './google.ts'

const READ = 'https://www.googleapis.com/auth/youtube.readonly'

/** Google's server, with the Google account of a channel. */
export const youtube: Dialect = {
  ...google,
  scopes: {
    defaults: [READ, 'openid', 'email', 'profile'],
    ask: [READ],
    sent: [READ, 'openid', 'email', 'profile'],
    separator: ' ',
    spelled: google.scopes?.spelled ?? {},
    withheld: READ,
  },
}
