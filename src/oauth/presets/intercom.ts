import type { Preset } from '../recipe/preset-schema.ts'

export const intercom = {
  name: 'Intercom',
  documentation: {
    url: 'https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth',
    verifiedOn: '2026-08-23',
    unverified: ['keep.workspaceId'],
  },
  params: {
    region: {
      description: 'Where the workspace is: us, eu or au',
      values: { us: '', eu: 'eu.', au: 'au.' },
      default: 'us',
    },
  },
  authorizationEndpoint: 'https://app.{region}intercom.com/oauth',
  tokenEndpoint: 'https://api.{region}intercom.io/auth/eagle/token',
  userinfoEndpoint: 'https://api.{region}intercom.io/me',
  clientAuth: 'post',
  // The app's settings define the permissions.
  scopeParam: null,
  account: { id: 'id', email: 'email', name: 'name' },
  keep: { workspaceId: { from: 'probe', path: 'app.id_code' } },
  revocation: null,
  refreshTokens: { issued: 'never', rotation: 'none' },
} as const satisfies Preset
