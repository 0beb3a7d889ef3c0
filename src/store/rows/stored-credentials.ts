import type { Credentials, PlainCredentials } from '../../core/connection/credentials.ts'
import { Secret } from '../../core/base/secret.ts'

/** The result contains plain credentials, so the caller must seal its JSON. */
export function exposedCredentials(credentials: Credentials): PlainCredentials {
  switch (credentials.kind) {
    case 'basic': {
      const { kind, username, password } = credentials
      return { kind, username, password: password.expose() }
    }
    case 'api_key':
      return { kind: credentials.kind, apiKey: credentials.apiKey.expose() }
    default:
      return credentials satisfies never
  }
}

export function restoredCredentials(plain: PlainCredentials): Credentials {
  switch (plain.kind) {
    case 'basic': {
      const { kind, username, password } = plain
      return { kind, username, password: new Secret(password) }
    }
    case 'api_key':
      return { kind: plain.kind, apiKey: new Secret(plain.apiKey) }
    default:
      return plain satisfies never
  }
}
