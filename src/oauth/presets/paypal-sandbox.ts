import type { Preset } from '../recipe/preset-schema.ts'

export const paypalSandbox = {
  extends: 'paypal',
  name: 'PayPal (sandbox)',
  authorizationEndpoint: 'https://www.sandbox.paypal.com/signin/authorize',
  tokenEndpoint: 'https://api-m.sandbox.paypal.com/v1/oauth2/token',
  userinfoEndpoint:
    'https://api-m.sandbox.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1',
} as const satisfies Preset
