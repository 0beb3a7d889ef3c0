import type { Preset } from './schema.ts'

export const stripeExpress = {
  extends: 'stripe',
  name: 'Stripe Connect (Express)',
  authorizationEndpoint: 'https://connect.stripe.com/express/oauth/authorize',
} as const satisfies Preset
