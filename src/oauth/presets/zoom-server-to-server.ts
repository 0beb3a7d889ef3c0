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
    // They are those of the app.
    sendsScope: false,
  },
  accountParam: 'accountId',
  // What an app of another kind is answered.
  errors: { config: [{ statuses: [400], where: { error: ['unsupported_grant_type'] } }] },
  // It would end the token of every holder.
  revocation: null,
  // One token of the account is valid at a client: another program needs an app of its own.
} as const satisfies Preset
