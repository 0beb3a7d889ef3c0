import type { ProviderId } from '../base/ids.ts'

/** How the key of a connection's own client begins; a provider's id holds no colon. */
export const OWN_CLIENT = 'own:'

/** The OAuth client by its public id: what a provider binds refresh tokens to (RFC 6749 §10.4). */
export function clientName(provider: ProviderId, clientId: string): string {
  return `${provider}/${clientId}`
}

/**
 * The key of a connection's own client. The fingerprint of its secret is part of it: a public id alone
 * would let anyone who knows it open the circuit of another tenant's client, or share its grants.
 */
export function ownClientKey(name: string, fingerprint: string): string {
  return `${OWN_CLIENT}${fingerprint}:${name}`
}

export function isOwnClientKey(key: string): boolean {
  return key.startsWith(OWN_CLIENT)
}
