import type { Preset } from '../recipe/preset-schema.ts'

export const zoomServerToServer = {
  extends: 'zoom',
  name: 'Zoom (server to server)',
  documentation: {
    url: 'https://developers.zoom.us/docs/internal-apps/s2s-oauth/',
    verifiedOn: '2026-11-22',
    unverified: ['errors.config', 'refreshTokens.endsSiblings'],
  },
  connectsBy: 'machine',
  params: {
    accountId: {
      description: 'The account ID, beside the client ID on the page of the app',
      pattern: '[A-Za-z0-9_-]{1,64}',
      required: true,
    },
  },
  machineRequest: {
    grantType: 'account_credentials',
    params: { account_id: '{accountId}' },
    // The app's settings define the scopes.
    sendsScope: false,
  },
  accountParam: 'accountId',
  // Zoom returns `unsupported_grant_type` if the app is of another type.
  errors: { config: [{ statuses: [400], where: { error: ['unsupported_grant_type'] } }] },
  // A revocation would end the token for every program that uses it.
  revocation: null,
  // Only one token per account and client is valid, so another program needs its own app.
} as const satisfies Preset
