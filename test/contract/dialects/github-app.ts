import { ADA, statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'
import { github } from './github.ts'

const wrong = (error: string): ErrorAnswer => ({ status: 200, body: { error } })
const TOKEN = {
  url: 'https://github.com/login/oauth/access_token',
  auth: 'post',
  formats: ['form', 'query'],
  headers: { accept: 'application/json' },
  answer: {
    access_token: '{accessToken}',
    token_type: 'bearer',
    // Some answers have lifetimes as strings.
    expires_in: '28800',
    refresh_token: '{refreshToken}',
    refresh_token_expires_in: '15811200',
    scope: '',
  },
} as const

export const githubApp: Dialect = {
  authorize: github.authorize,
  // The permissions are those of the app.
  scopes: null,
  callback: { installation_id: '4711', setup_action: 'install' },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  endsAccessToken: true,
  lifetimes: { access: 28_800, refresh: 15_811_200 },
  errors: {
    dead: [wrong('bad_refresh_token')],
    temporary: [
      ...statuses(429, 503),
      ...statuses(403).map((answer) => ({ ...answer, slowsDown: true })),
    ],
    config: ['incorrect_client_credentials', 'unsupported_grant_type'].map(wrong),
    code: [wrong('bad_verification_code')],
  },
  probes: [
    ...(github.probes ?? []),
    {
      url: 'https://api.github.com/user/installations/4711/repositories?per_page=1',
      headers: { 'user-agent': '*' },
      answer: { total_count: 0, repositories: [] },
    },
  ],
  revocation: github.revocation,
  account: ADA,
  kept: { installation: '4711' },
}
