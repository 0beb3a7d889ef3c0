import type { Caller } from '../core/access.ts'
import type { ConnectLink } from '../core/authorization.ts'
import type { LinkId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export async function showLink(_ports: Ports, _caller: Caller, _id: LinkId): Promise<ConnectLink> {
  throw new Error('not written yet')
}
