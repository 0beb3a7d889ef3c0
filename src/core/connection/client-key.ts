import type { ProviderId } from '../base/ids.ts'

/** The key prefix for a connection's own client. Provider ids contain no colon. */
export const OWN_CLIENT = 'own:'

/**
 * The name of an OAuth client, built from its public id. Providers bind refresh tokens to a client
 * (RFC 6749 §10.4).
 */
export function clientName(provider: ProviderId, clientId: string): string {
  return `${provider}/${clientId}`
}

/**
 * The key of a connection's own client. It includes a fingerprint of the client secret: with the
 * public id alone, anyone could open the circuit of another tenant's client, or share its grants.
 */
export function ownClientKey(name: string, fingerprint: string): string {
  return `${OWN_CLIENT}${fingerprint}:${name}`
}

export function isOwnClientKey(key: string): boolean {
  return key.startsWith(OWN_CLIENT)
}
