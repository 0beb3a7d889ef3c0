import type { Preset } from '../recipe/preset-schema.ts'

const HOSTS = 'api\\.(?:eu\\.)?surveymonkey\\.com|api\\.surveymonkey\\.ca'

export const surveymonkey = {
  name: 'SurveyMonkey',
  documentation: {
    url: 'https://developer.surveymonkey.com/api/v3/#authentication',
    verifiedOn: '2026-08-23',
    unverified: ['params.oauthHost', 'account'],
  },
  params: {
    oauthHost: {
      description: 'api.surveymonkey.com, api.eu.surveymonkey.com or api.surveymonkey.ca',
      pattern: HOSTS,
      default: 'api.surveymonkey.com',
    },
  },
  authorizationEndpoint: 'https://{oauthHost}/oauth/authorize',
  tokenEndpoint: 'https://{oauthHost}/oauth/token',
  userinfoEndpoint: '{accessUrl}/v3/users/me',
  clientAuth: 'post',
  // The app's settings define the scopes.
  scopeParam: null,
  account: {
    id: 'id',
    email: 'email',
    name: ['username', { joined: ['first_name', 'last_name'], with: ' ' }],
  },
  keep: {
    accessUrl: {
      from: 'tokens',
      path: 'access_url',
      pattern: `https://(?:${HOSTS})`,
      default: 'https://{oauthHost}',
    },
  },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
