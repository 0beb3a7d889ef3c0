import type { Preset } from '../recipe/preset-schema.ts'

export const eventbrite = {
  name: 'Eventbrite',
  documentation: {
    url: 'https://www.eventbrite.com/platform/api#/introduction/authentication',
    verifiedOn: '2026-08-23',
  },
  authorizationEndpoint: 'https://www.eventbrite.com/oauth/authorize',
  tokenEndpoint: 'https://www.eventbrite.com/oauth/token',
  userinfoEndpoint: 'https://www.eventbriteapi.com/v3/users/me/',
  clientAuth: 'post',
  scopeParam: null,
  account: {
    id: 'id',
    email: 'emails[primary].email',
    emailVerified: 'emails[primary].verified',
    name: 'name',
  },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
