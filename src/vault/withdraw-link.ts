import type { Caller } from '../core/access.ts'
import type { LinkId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

/** Idempotent; a completed link stays completed. */
export async function withdrawLink(_ports: Ports, _caller: Caller, _id: LinkId): Promise<void> {
  throw new Error('not written yet')
}
