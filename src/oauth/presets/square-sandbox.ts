import type { Preset } from '../recipe/preset-schema.ts'

export const squareSandbox = {
  extends: 'square',
  name: 'Square (sandbox)',
  authorizationEndpoint: 'https://connect.squareupsandbox.com/oauth2/authorize',
  // Removes `session`: the sandbox shows an empty page for any value except the default.
  authorizationParams: { session: null },
  tokenEndpoint: 'https://connect.squareupsandbox.com/oauth2/token',
  revocationEndpoint: 'https://connect.squareupsandbox.com/oauth2/revoke',
  userinfoEndpoint: 'https://connect.squareupsandbox.com/v2/merchants/me',
} as const satisfies Preset
