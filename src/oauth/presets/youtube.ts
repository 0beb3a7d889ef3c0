import type { Preset } from '../recipe/preset-schema.ts'

export const youtube = {
  extends: 'google',
  name: 'YouTube',
  scopes: ['https://www.googleapis.com/auth/youtube.readonly'],
} as const satisfies Preset
