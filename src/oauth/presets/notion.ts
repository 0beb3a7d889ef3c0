import type { Preset } from '../recipe/preset-schema.ts'

const VERSION = { 'Notion-Version': '2022-06-28' } as const

export const notion = {
  name: 'Notion',
  documentation: {
    url: 'https://developers.notion.com/reference/refresh-a-token',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['pkce', 'refreshTokens.endsSiblings', 'revocation.reach'],
  },
  authorizationEndpoint: 'https://api.notion.com/v1/oauth/authorize',
  tokenEndpoint: 'https://api.notion.com/v1/oauth/token',
  revocationEndpoint: 'https://api.notion.com/v1/oauth/revoke',
  userinfoEndpoint: 'https://api.notion.com/v1/users/me',
  clientAuth: 'basic',
  scopeParam: null,
  pkce: 'omit',
  authorizationParams: { owner: 'user' },
  tokenRequestFormat: 'json',
  tokenRequestHeaders: VERSION,
  probe: { headers: VERSION },
  account: {
    id: [{ joined: ['$kept.workspaceId', '$kept.botId'], with: ':' }, 'bot.owner.user.id'],
    email: 'bot.owner.user.person.email',
    name: ['bot.owner.user.name', 'bot.workspace_name'],
  },
  keep: {
    workspaceId: { from: 'tokens', path: 'workspace_id' },
    workspaceName: { from: 'tokens', path: 'workspace_name' },
    botId: { from: 'tokens', path: 'bot_id' },
    ownerId: { from: 'tokens', path: 'owner.user.id' },
  },
  revocation: {
    format: 'json',
    headers: VERSION,
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
  },
  refreshTokens: {
    issued: 'by-setting',
    remedy: 'Notion gives refresh tokens to newer integrations only',
    rotation: 'single-use',
    replay: 'allowed',
    // A new consent of a user may revoke the refresh token of the previous consent.
    endsSiblings: true,
  },
} as const satisfies Preset
