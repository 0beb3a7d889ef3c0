import type { Preset } from './schema.ts'

export const intuitSandbox = {
  extends: 'intuit',
  name: 'Intuit QuickBooks Online (sandbox)',
  userinfoEndpoint: 'https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo',
} as const satisfies Preset
