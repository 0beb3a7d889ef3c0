import type { Caller } from '../core/access.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports } from '../ports.ts'

export function listProviders(
  _ports: Pick<Ports, 'providers'>,
  _caller: Caller,
): readonly Provider[] {
  throw new Error('not written yet')
}
