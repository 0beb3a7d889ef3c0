import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { LinkId, UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export async function confirmLink(
  _ports: Ports,
  _caller: Caller,
  _id: LinkId,
  _demand: { readonly userId: UserId; readonly completion: string },
): Promise<Connection> {
  throw new Error('not written yet')
}
