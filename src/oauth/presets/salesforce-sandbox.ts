import { salesforce } from './salesforce.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const salesforceSandbox = {
  extends: 'salesforce',
  name: 'Salesforce (sandbox)',
  params: { loginHost: { ...salesforce.params.loginHost, default: 'test.salesforce.com' } },
} as const satisfies Preset
