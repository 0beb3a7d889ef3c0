import { ADA, oauthError, statuses, tokens } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const TOKEN = {
  url: 'https://auth.atlassian.com/oauth/token',
  auth: 'post',
  formats: ['json', 'form'],
  answer: tokens(3600),
} as const

export const atlassian: Dialect = {
  authorize: {
    url: 'https://auth.atlassian.com/authorize',
    params: { audience: 'api.atlassian.com', prompt: 'consent' },
    pkce: 'sent',
  },
  scopes: {
    defaults: ['read:me', 'offline_access'],
    ask: ['read:jira-work'],
    sent: ['read:me', 'offline_access', 'read:jira-work'],
    separator: ' ',
    withheld: 'read:jira-work',
  },
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  endsAccessToken: true,
  lifetimes: { access: 3600, refresh: 365 * 86_400, idle: 90 * 86_400, grace: 600 },
  errors: {
    // Atlassian answers 403 here, not 400.
    dead: [
      oauthError('invalid_grant', 403, {
        error_description: 'Unknown or invalid refresh token.',
      }),
      oauthError('unauthorized_client', 403, { error_description: 'refresh_token is invalid' }),
    ],
    temporary: statuses(429, 503),
    // The same word as for a user who denies; here it means a wrong secret.
    config: [oauthError('access_denied', 401)],
  },
  probes: [
    {
      url: 'https://api.atlassian.com/me',
      answer: { account_id: ADA.id, email: ADA.email, name: ADA.name },
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://auth.atlassian.com/oauth/revoke',
    auth: 'post',
    params: { token: '{token}' },
    tokens: 'either',
    isGuess: true,
  },
}
