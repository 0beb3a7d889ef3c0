import type { Credentials } from '../../core/connection/credentials.ts'
import type { ReceivedGrant } from '../../core/refresh/grant.ts'
import { openOrNull, type Sealed, type Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'

type Needs = Pick<Ports, 'sealer'>

/** A keyed hash. Equal tokens have equal ids, and an id is useless without the vault's key. */
export function tokenIdOf(ports: Needs, accessToken: string | Secret): string {
  return `t_${ports.sealer.fingerprint('token-id/v1', accessToken).slice(0, 22)}`
}

export function idOf(ports: Needs, received: ReceivedGrant): string {
  return received.kind === 'tokens'
    ? tokenIdOf(ports, received.tokens.accessToken)
    : credentialsIdOf(ports, received.credentials)
}

/**
 * Hashes user name and password separately, so that different credentials never give the same id.
 */
export function credentialsIdOf(ports: Needs, credentials: Credentials): string {
  const print = (part: string, value: string | Secret) =>
    ports.sealer.fingerprint(`credentials-${part}/v1`, value)
  switch (credentials.kind) {
    case 'basic': {
      const { username, password } = credentials
      return tokenIdOf(ports, `${print('username', username)}.${print('password', password)}`)
    }
    case 'api_key':
      return tokenIdOf(ports, credentials.apiKey)
    default:
      return credentials satisfies never
  }
}

/** Whether both tokens can be opened and are equal. */
export function isSameRefreshToken(
  { sealer }: Needs,
  first: Sealed | null,
  second: Sealed | null,
): boolean {
  const [one, other] = [openOrNull(first), openOrNull(second)]
  if (one === null || other === null) return false
  // Compare keyed hashes, so that the duration of the comparison reveals nothing about a token.
  const print = (token: Secret) => sealer.fingerprint('refresh-token-equality/v1', token)
  return print(one) === print(other)
}
