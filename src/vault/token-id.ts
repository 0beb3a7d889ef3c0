import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'

/** A keyed hash: equal for equal tokens, and without the vault's key it says nothing of them. */
export function tokenIdOf(ports: Pick<Ports, 'sealer'>, accessToken: Secret): string {
  return `t_${ports.sealer.fingerprint('token-id/v1', accessToken).slice(0, 22)}`
}
