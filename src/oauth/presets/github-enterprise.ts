import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const githubEnterprise = {
  extends: 'github',
  name: 'GitHub Enterprise Server (OAuth app)',
  params: {
    baseUrl: {
      description: 'Where the server is: https://github.acme.example',
      pattern: OWN_BASE,
      required: true,
      setBy: 'operator',
    },
  },
  authorizationEndpoint: '{baseUrl}/login/oauth/authorize',
  tokenEndpoint: '{baseUrl}/login/oauth/access_token',
  userinfoEndpoint: '{baseUrl}/api/v3/user',
  emailRequest: {
    url: '{baseUrl}/api/v3/user/emails',
    email: '[primary].email',
    emailVerified: '[primary].verified',
  },
  revocation: { url: '{baseUrl}/api/v3/applications/{clientId}/token' },
} as const satisfies Preset
