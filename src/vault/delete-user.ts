import type { Caller } from '../core/access.ts'
import type { ConnectionId, ProviderId, UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'
import type { Revocation } from './delete-connection.ts'

export type UserDeletion = {
  readonly connections: readonly {
    readonly id: ConnectionId
    readonly provider: ProviderId
    readonly revocation: Revocation
  }[]
}

/** Everything of that user that the key reaches, open links included. */
export async function deleteUser(
  _ports: Ports,
  _caller: Caller,
  _userId: UserId,
): Promise<UserDeletion> {
  throw new Error('not written yet')
}
