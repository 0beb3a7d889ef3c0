import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const freshdesk = {
  name: 'Freshdesk',
  documentation: {
    url: 'https://developers.freshdesk.com/api/#authentication',
    verifiedOn: '2026-11-22',
    unverified: ['probe', 'account'],
  },
  connectsBy: 'credentials',
  params: {
    subdomain: {
      description: 'The name before .freshdesk.com',
      pattern: LABEL,
      required: true,
    },
  },
  credentials: {
    type: 'apiKey',
    help: 'In Freshdesk, open Profile Settings from your picture at the top right, and choose View API key.',
    helpUrl: 'https://support.freshdesk.com/support/solutions/articles/215517',
    // The key is the Basic user name. The password may be any non-empty text.
    basicPassword: 'X',
  },
  probe: { url: 'https://{subdomain}.freshdesk.com/api/v2/agents/me' },
  account: {
    id: { joined: ['$params.subdomain', 'id'], with: '/' },
    email: 'contact.email',
    name: 'contact.name',
  },
} as const satisfies Preset
