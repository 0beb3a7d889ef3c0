import type { Preset } from '../recipe/preset-schema.ts'

export const goto = {
  name: 'GoTo',
  documentation: {
    url: 'https://developer.goto.com/guides/Authentication/',
    verifiedOn: '2026-08-23',
    unverified: [
      'userinfoEndpoint',
      'account',
      'refreshTokens.rotation',
      'refreshTokens.idleSeconds',
    ],
  },
  authorizationEndpoint: 'https://authentication.logmeininc.com/oauth/authorize',
  tokenEndpoint: 'https://authentication.logmeininc.com/oauth/token',
  userinfoEndpoint: 'https://api.getgo.com/admin/rest/v1/me',
  clientAuth: 'basic',
  account: {
    id: 'key',
    email: 'email',
    name: { joined: ['firstName', 'lastName'], with: ' ' },
  },
  keep: { accountKey: { from: 'probe', path: 'accountKey' } },
  revocation: null,
  refreshTokens: {
    issued: 'always',
    // A refresh returns a new refresh token only if the old one expires soon.
    rotation: 'sometimes',
    replay: 'allowed',
    idleSeconds: 2_592_000,
  },
} as const satisfies Preset
