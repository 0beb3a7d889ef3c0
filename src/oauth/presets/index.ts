import { google } from './google.ts'
import { microsoft } from './microsoft.ts'
import type { Preset } from './schema.ts'
import { zoom } from './zoom.ts'

/** Every provider that needs no more than a client id and a secret, by its id. */
export const presets: Readonly<Record<string, Preset>> = { google, microsoft, zoom }
