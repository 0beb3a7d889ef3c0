import type { Dialect } from '../dialect.ts'
import { elsewhere } from '../elsewhere.ts'
import { airtable } from './airtable.ts'
import { calcom } from './calcom.ts'
import { gitlab } from './gitlab.ts'
import { microsoft } from './microsoft.ts'
import { okta } from './okta.ts'
import { reddit } from './reddit.ts'
import { salesforce } from './salesforce.ts'
import { slack } from './slack.ts'
import { x } from './x.ts'
import { zoho } from './zoho.ts'

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const FORGE = 'https://forge.engines.example/gitlab'

/** Presets with other settings that vendors document: [preset, difference, dialect]. */
export const installations: readonly (readonly [string, string, Dialect])[] = [
  [
    'microsoft',
    'for one tenant',
    elsewhere(
      microsoft,
      { '/common/': `/${TENANT}/`, '9188040d-6c67-4c5b-b112-36a304b66dad': TENANT },
      { tenant: TENANT },
    ),
  ],
  [
    'gitlab',
    'on a server of one’s own, under a path',
    elsewhere(gitlab, { 'https://gitlab.com': FORGE }, { baseUrl: FORGE }),
  ],
  [
    'salesforce',
    'at a domain of one’s own',
    elsewhere(
      salesforce,
      { 'login.salesforce.com': 'engines.my.salesforce.com' },
      { loginHost: 'engines.my.salesforce.com' },
    ),
  ],
  [
    'calcom',
    'on a server of one’s own',
    elsewhere(
      calcom,
      {
        'https://app.cal.com': 'https://cal.engines.example',
        'https://api.cal.com': 'https://cal.engines.example/api',
      },
      { appBase: 'https://cal.engines.example', apiBase: 'https://cal.engines.example/api' },
    ),
  ],
  [
    'zoho',
    'in the data centre that a callback does not name',
    withoutCallback(elsewhere(zoho, { 'zoho.eu': 'zoho.com', 'zohoapis.eu': 'zohoapis.com' })),
  ],
  [
    'okta',
    'with an authorization server of one’s own',
    elsewhere(
      { ...okta, lifetimes: { access: 3600, idle: 7 * 86_400 } },
      {
        'engines.okta.com/oauth2/v1': 'engines.okta.com/oauth2/default/v1',
        '"https://engines.okta.com"': '"https://engines.okta.com/oauth2/default"',
      },
      { authorizationServer: '/oauth2/default' },
    ),
  ],
  ['slack', 'in the name of the user alone', slackUser()],
  ['reddit', 'with a public client', { ...reddit, secret: '' }],
  ['calcom', 'with a public client', publicClient(calcom)],
  ['airtable', 'with a public client', publicClient(airtable)],
  [
    'x',
    'with a public client',
    { ...publicClient(x), revocation: { ...revocationOf(x), auth: 'none' } },
  ],
]

/** A public client (RFC 6749 §2.1), which has no secret. */
function publicClient(dialect: Dialect): Dialect {
  const { exchange, refresh } = dialect
  return {
    ...dialect,
    secret: '',
    exchange: { ...exchange, auth: 'none' },
    refresh: refresh === null ? null : { ...refresh, auth: 'none' },
  }
}

/** Without a bot: an exchange returns the tokens in `authed_user`, a refresh at the top level. */
function slackUser(): Dialect {
  const set = {
    access_token: '{accessToken}',
    refresh_token: '{refreshToken}',
    token_type: 'user',
    expires_in: 43_200,
    scope: 'users:read,users:read.email',
  }
  const probes = [
    {
      url: 'https://slack.com/api/auth.test',
      method: 'POST',
      answer: { ok: true, team: 'Analytical Engines', team_id: 'T1', user_id: 'U1' },
    },
  ] as const
  const { exchange, refresh } = slack
  const scopes = ['users:read', 'users:read.email']
  return {
    ...slack,
    scopes: {
      defaults: [],
      ask: scopes.map((scope) => `user:${scope}`),
      sent: [],
      separator: ',',
      second: { param: 'user_scope', sent: scopes },
    },
    exchange: {
      ...exchange,
      answer: { ok: true, team: { id: 'T1' }, authed_user: { id: 'U1', ...set } },
    },
    refresh: refresh === null ? null : { ...refresh, answer: { ok: true, ...set } },
    probes,
    account: { ...slack.account, id: 'T1:U1' },
    kept: { team: 'T1', user: 'U1' },
  }
}

function revocationOf({ revocation }: Dialect) {
  if (revocation === null) throw new Error('there is nothing to revoke at')
  return revocation
}

function withoutCallback(dialect: Dialect): Dialect {
  return { ...dialect, callback: {}, kept: {} }
}
