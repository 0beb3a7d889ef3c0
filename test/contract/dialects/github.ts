import { ADA, statuses } from '../answers.ts'
import type { Dialect, ErrorAnswer } from '../dialect.ts'

/** Errors come with 200. */
const wrong = (error: string): ErrorAnswer => ({ status: 200, body: { error } })

export const github: Dialect = {
  authorize: {
    url: 'https://github.com/login/oauth/authorize',
    tolerated: ['login'],
    pkce: 'sent',
  },
  scopes: {
    defaults: ['read:user', 'user:email'],
    ask: ['read:user', 'user:email', 'repo'],
    sent: ['read:user', 'user:email', 'repo'],
    separator: ' ',
    withheld: 'repo',
  },
  exchange: {
    url: 'https://github.com/login/oauth/access_token',
    auth: 'post',
    formats: ['form'],
    // Without it, GitHub answers form-encoded.
    headers: { accept: 'application/json' },
    answer: { access_token: '{accessToken}', token_type: 'bearer', scope: '{scopeByCommas}' },
  },
  refresh: null,
  cap: 10,
  lifetimes: { access: null },
  errors: {
    dead: [],
    temporary: statuses(403, 429, 500),
    config: ['incorrect_client_credentials', 'redirect_uri_mismatch'].map(wrong),
    code: ['bad_verification_code', 'unverified_user_email'].map(wrong),
  },
  probes: [
    {
      url: 'https://api.github.com/user',
      headers: { 'user-agent': '*' },
      answer: { id: 1085, login: 'ada', email: null, name: ADA.name },
    },
    {
      url: 'https://api.github.com/user/emails',
      headers: { 'user-agent': '*' },
      answer: [
        { email: 'ada@old.example', primary: false, verified: true },
        { email: ADA.email, primary: true, verified: true },
      ],
    },
  ],
  account: ADA,
  revocation: {
    url: 'https://api.github.com/applications/{clientId}/token',
    method: 'DELETE',
    auth: 'basic',
    formats: ['json'],
    headers: { 'user-agent': '*' },
    params: { access_token: '{token}' },
    tokens: 'access',
    status: 204,
  },
}
