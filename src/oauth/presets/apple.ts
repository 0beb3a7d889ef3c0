import type { Preset } from '../recipe/preset-schema.ts'

export const apple = {
  name: 'Apple',
  documentation: {
    url: 'https://developer.apple.com/documentation/signinwithapplerestapi',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
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
  // Apple requires this mode if the scopes contain `name` or `email`.
  responseMode: 'form_post',
  deniedBy: ['user_cancelled_authorize'],
  // Apple sends the name only at the first consent of a user. The id token has no name.
  accountFromCallback: {
    name: [
      { joined: ['user.name.firstName', 'user.name.lastName'], with: ' ' },
      'user.name.firstName',
      'user.name.lastName',
    ],
  },
  // A revocation ends the user's whole authorization.
  revocation: { tokens: 'any', reach: 'account' },
  // Apple allows one check of a refresh token per day. No API accepts the access token, so its
  // lifetime of an hour is ignored.
  answer: { expiresIn: [] },
  accessTokenSeconds: 172_800,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
