import { ADA, INVALID_CLIENT, INVALID_GRANT, oauthError, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const VERSION = { 'notion-version': '*' }
const OWNER = {
  type: 'user',
  user: { id: 'u-1', name: ADA.name, person: { email: ADA.email } },
}
const TOKEN = {
  url: 'https://api.notion.com/v1/oauth/token',
  auth: 'basic',
  formats: ['json'],
  headers: VERSION,
  answer: {
    access_token: '{accessToken}',
    token_type: 'bearer',
    refresh_token: '{refreshToken}',
    bot_id: 'b-1',
    workspace_id: 'w-1',
    workspace_name: 'Analytical Engines',
    workspace_icon: null,
    owner: OWNER,
    duplicated_template_id: null,
    request_id: 'r-1',
  },
} as const

export const notion: Dialect = {
  authorize: {
    url: 'https://api.notion.com/v1/oauth/authorize',
    params: { owner: 'user' },
    pkce: 'omitted',
  },
  scopes: null,
  exchange: TOKEN,
  refresh: { ...TOKEN, rotation: 'single-use' },
  endsSiblings: true,
  lifetimes: { access: null },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT, oauthError('unauthorized_client')],
  },
  probes: [
    {
      url: 'https://api.notion.com/v1/users/me',
      headers: VERSION,
      answer: { object: 'user', id: 'b-1', bot: { owner: OWNER, workspace_name: 'Engines' } },
    },
  ],
  account: { ...ADA, id: 'w-1:b-1' },
  kept: { workspace: 'w-1', name: 'Analytical Engines', bot: 'b-1', owner: 'u-1' },
  revocation: {
    url: 'https://api.notion.com/v1/oauth/revoke',
    auth: 'basic',
    formats: ['json'],
    headers: VERSION,
    params: { token: '{token}' },
    tokens: 'access',
    answer: { request_id: 'r-2' },
  },
}
