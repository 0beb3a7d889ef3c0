import type { Preset } from '../recipe/preset-schema.ts'

export const stripeExpress = {
  extends: 'stripe',
  name: 'Stripe Connect (Express)',
  authorizationEndpoint: 'https://connect.stripe.com/express/oauth/authorize',
} as const satisfies Preset
