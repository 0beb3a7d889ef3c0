import type { Dialect } from '../dialect.ts'
import { google } from './google.ts'

const READ = 'https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly'

/** Google's server, which replaced Fitbit's. */
export const googleHealth: Dialect = {
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
