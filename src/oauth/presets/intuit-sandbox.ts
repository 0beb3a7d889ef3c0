import type { Preset } from '../recipe/preset-schema.ts'

export const intuitSandbox = {
  extends: 'intuit',
  name: 'Intuit QuickBooks Online (sandbox)',
  userinfoEndpoint: 'https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo',
  keep: {
    realmId: {
      from: 'callback',
      path: 'realmId',
      verifiedBy: {
        url: 'https://sandbox-quickbooks.api.intuit.com/v3/company/{realmId}/companyinfo/{realmId}',
      },
    },
  },
} as const satisfies Preset
