import type { Preset } from './schema.ts'

export const apple = {
  name: 'Apple',
  documentation: {
    url: 'https://developer.apple.com/documentation/signinwithapplerestapi',
    verifiedOn: '2026-08-23',
    unverified: ['revocation', 'refreshTokens.rotation'],
  },
  params: {
    teamId: {
      description: 'The id of the team that the key belongs to',
      pattern: '[A-Z0-9]{10}',
      required: true,
      setBy: 'operator',
    },
    keyId: {
      description: 'The id of the private key that is given as the client secret (PEM)',
      pattern: '[A-Z0-9]{10}',
      required: true,
      setBy: 'operator',
    },
  },
  issuer: 'https://appleid.apple.com',
  authorizationEndpoint: 'https://appleid.apple.com/auth/authorize',
  tokenEndpoint: 'https://appleid.apple.com/auth/token',
  revocationEndpoint: 'https://appleid.apple.com/auth/revoke',
  clientAuth: {
    strategy: 'signed-secret',
    with: { issuer: '{teamId}', audience: 'https://appleid.apple.com', keyId: '{keyId}' },
  },
  identityScopes: ['name', 'email'],
  // Wanted as soon as name or e-mail are asked for.
  responseMode: 'form_post',
  deniedBy: ['user_cancelled_authorize'],
  revocation: {},
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
