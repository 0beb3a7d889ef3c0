import type { Caller } from '../core/access.ts'
import type { Ports } from '../ports.ts'
import type { Target } from './target.ts'

export type Revocation = 'queued' | 'unsupported' | 'skipped'

export async function deleteConnection(
  _ports: Ports,
  _caller: Caller,
  _target: Target,
  _options: { readonly revoke: boolean },
): Promise<{ readonly revocation: Revocation }> {
  throw new Error('not written yet')
}
