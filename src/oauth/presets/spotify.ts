import type { Preset } from '../recipe/preset-schema.ts'

export const spotify = {
  name: 'Spotify',
  documentation: {
    url: 'https://developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['refreshTokens.rotation'],
  },
  authorizationEndpoint: 'https://accounts.spotify.com/authorize',
  tokenEndpoint: 'https://accounts.spotify.com/api/token',
  userinfoEndpoint: 'https://api.spotify.com/v1/me',
  clientAuth: 'basic',
  identityScopes: ['user-read-email'],
  // PKCE is for public clients. With PKCE, refresh tokens rotate.
  pkce: 'omit',
  account: { id: 'id', email: 'email', name: 'display_name' },
  revocation: null,
  refreshTokens: {
    issued: 'always',
    rotation: 'none',
    replay: 'allowed',
    // The lifetime starts at the consent. A refresh does not extend it.
    lifetimeSeconds: 15_552_000,
  },
} as const satisfies Preset
