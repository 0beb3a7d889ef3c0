import type { Preset } from '../recipe/preset-schema.ts'

/** Replaces the Fitbit Web API, which ended on 2026-10-30. */
export const googleHealth = {
  extends: 'google',
  name: 'Google Health (Fitbit)',
  documentation: {
    url: 'https://developers.google.com/health/scopes',
    verifiedOn: '2026-11-30',
  },
  scopes: ['https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly'],
} as const satisfies Preset
