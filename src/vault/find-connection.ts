import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { Ports } from '../ports.ts'
import type { Target } from './target.ts'

/** What the key may not see is reported as missing, so that ids cannot be probed. */
export async function findConnection(
  _ports: Ports,
  _caller: Caller,
  _target: Target,
): Promise<Connection> {
  throw new Error('not written yet')
}
