import type { Preset } from '../recipe/preset-schema.ts'

export const docusignDemo = {
  extends: 'docusign',
  name: 'DocuSign (demo)',
  authorizationEndpoint: 'https://account-d.docusign.com/oauth/auth',
  tokenEndpoint: 'https://account-d.docusign.com/oauth/token',
  revocationEndpoint: 'https://account-d.docusign.com/oauth/revoke',
  userinfoEndpoint: 'https://account-d.docusign.com/oauth/userinfo',
} as const satisfies Preset
