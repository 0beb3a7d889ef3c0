import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export async function completeHeadless(
  _ports: Ports,
  _caller: Caller,
  _demand: {
    readonly userId: UserId
    readonly state: string
    readonly code: string | null
    readonly iss: string | null
    readonly error: string | null
    /** Sets the account's name where the provider tells none. */
    readonly name: string | null
  },
): Promise<{ readonly connection: Connection; readonly appState: string | null }> {
  throw new Error('not written yet')
}
