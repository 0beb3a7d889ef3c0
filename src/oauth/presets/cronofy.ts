import type { Preset } from '../recipe/preset-schema.ts'

export const cronofy = {
  name: 'Cronofy',
  documentation: {
    url: 'https://docs.cronofy.com/developers/api/authorization/',
    verifiedOn: '2026-08-23',
    unverified: [
      'params.dataCenter',
      'authorizationEndpoint',
      'userinfoEndpoint',
      'account',
      'keep',
      'refreshTokens.rotation',
    ],
  },
  params: {
    dataCenter: {
      description: 'Where the account is: us, de, uk, ca, au or sg',
      values: { us: '', de: '-de', uk: '-uk', ca: '-ca', au: '-au', sg: '-sg' },
      default: 'us',
    },
  },
  authorizationEndpoint: 'https://app{dataCenter}.cronofy.com/oauth/authorize',
  tokenEndpoint: 'https://api{dataCenter}.cronofy.com/oauth/token',
  userinfoEndpoint: 'https://api{dataCenter}.cronofy.com/v1/userinfo',
  clientAuth: 'post',
  scopes: ['read_events'],
  account: { id: 'sub', email: 'email', name: 'name' },
  keep: { accountId: { from: 'tokens', path: 'account_id' } },
  revocation: null,
  refreshTokens: { issued: 'always', rotation: 'none', replay: 'allowed' },
} as const satisfies Preset
