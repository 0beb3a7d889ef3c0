import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const freshworks = {
  name: 'Freshworks',
  documentation: {
    url: 'https://developers.freshworks.com/',
    verifiedOn: '2026-08-23',
    unverified: ['refreshTokens.issued'],
  },
  params: {
    orgHost: {
      description: 'The organisation: acme.myfreshworks.com',
      pattern: `${LABEL}\\.myfreshworks\\.com`,
      required: true,
    },
  },
  // No documented request identifies the user, so the app must name the account.
  authorizationEndpoint: 'https://{orgHost}/org/oauth/v2/authorize',
  tokenEndpoint: 'https://{orgHost}/org/oauth/v2/token',
  clientAuth: 'basic',
  pkce: 'omit',
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'unknown', replay: 'allowed' },
} as const satisfies Preset
