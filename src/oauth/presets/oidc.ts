import { openid } from '../recipe/forms.ts'
import { OWN_BASE } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const oidc = {
  ...openid,
  name: 'OpenID Connect',
  documentation: {
    url: 'https://openid.net/specs/openid-connect-discovery-1_0.html',
    verifiedOn: '2026-08-23',
  },
  params: {
    issuerUrl: {
      description: 'The issuer, as its metadata spells it',
      pattern: `(?:${OWN_BASE})/?`,
      required: true,
      setBy: 'operator',
    },
  },
  issuer: '{issuerUrl}',
  // The issuer can be any server, including Keycloak, which revokes all grants of the user.
  revocation: { reach: 'account' },
  account: { id: 'sub', email: 'email', name: ['name', 'preferred_username'] },
  accountFromIdToken: { id: 'sub', email: 'email', name: ['name', 'preferred_username'] },
} as const satisfies Preset
